"""Environments in which models run whose requirements contradict each other.

Each is made once from its file, kept under the cache folder by the hash of its content, and reused.
``python_for`` is what the engine calls; ``worker_path`` is the one folder that a worker adds to its
import path, so that nothing else of this installation leaks into the model's environment.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sama_bench
from sama_bench.adapter import ModelSpec
from sama_bench.environments.commands import stopped_by_sigterm
from sama_bench.environments.definition import Environment, environment_path, read_environment
from sama_bench.environments.install import NotSharedError, install
from sama_bench.environments.interpreter import (
    NoPythonError,
    current_version,
    find_python,
    shareable,
    to_add,
    version_of,
)
from sama_bench.environments.uv import fetch_python
from sama_bench.errors import UserError
from sama_bench.storage.cache_folder import cache_dir, read_cached
from sama_bench.storage.untrusted_files import read_regular

Say = Callable[[str], None]
MARKER = "sama-bench-environment.json"
HALF = f"{MARKER}.part"


@dataclass(frozen=True)
class Made:
    """An environment on disk.

    Attributes:
        name: of its file.
        content: hash of what the file asked for when it was made.
        folder: where it lies.
        python: its interpreter.
        shares: distributions that it shares with the environment that made it.
        file: that described it, or None where that was not noted.
    """

    name: str
    content: str
    folder: Path
    python: Path
    shares: tuple[str, ...]
    file: Path | None = None

    def size(self) -> int:
        """Return the bytes that it takes on disk, as ``du`` counts; not what it shares."""
        seen = {}
        for path in (self.folder, *self.folder.rglob("*")):
            facts = path.lstat()
            blocks = getattr(facts, "st_blocks", None)  # Windows does not tell them
            seen[facts.st_dev, facts.st_ino] = facts.st_size if blocks is None else 512 * blocks
        return sum(seen.values())


def environments_dir() -> Path:
    """Return the folder of all environments."""
    return cache_dir() / "envs"


def python_for(
    spec: ModelSpec,
    env_python: Path | None = None,
    no_env: bool = False,
    say: Say = lambda line: None,
) -> Path | None:
    """Return the interpreter in which a model's worker runs, making its environment if needed.

    Args:
        spec: the model.
        env_python: an interpreter that the user gives instead, e.g. on a cluster without network.
        no_env: use the current environment whatever the model asks for.
        say: receives lines of progress.

    Returns:
        the interpreter, or None for the current one.

    Raises:
        UserError: the given interpreter does not run, or the environment cannot be made.
    """
    if env_python is not None and no_env:
        raise UserError("--env-python and --no-env contradict each other; give one of them")
    if env_python is not None:
        if version_of(env_python) is None:
            raise UserError(f"--env-python {env_python} is not a Python interpreter that runs")
        return env_python
    path = environment_path(spec)
    if path is None or no_env:
        return None
    return create(read_environment(path), say).python


@dataclass(frozen=True)
class Place:
    """Where an environment belongs on this machine.

    Attributes:
        python: the interpreter that it is based on.
        minor: of that, e.g. ``3.11``.
        shared: what it takes over from the current environment, name to place.
        added: what is installed beside that, e.g. the torchvision that fits a shared torch.
        folder: the one that shares, where something can be shared, else the other.
    """

    python: Path
    minor: str
    shared: dict[str, Path]
    added: tuple[str, ...]
    folder: Path

    def alone(self, environment: Environment) -> Place:
        """Return the place of the same environment with a torch of its own."""
        return replace(self, shared={}, added=(), folder=_folder(environment, self.minor, False))


def place_of(environment: Environment) -> Place:
    """Say how an environment would be made; nothing is written.

    Raises:
        UserError: no fitting Python is installed.
    """
    python = find_python(environment)
    shared = shareable(environment, python)
    added = to_add(environment) if shared else ()
    minor = ".".join((version_of(python) or current_version()).split(".")[:2])
    return Place(python, minor, shared, added, _folder(environment, minor, bool(shared)))


def _folder(environment: Environment, minor: str, shared: bool) -> Path:
    label = "shared" if shared else "own"
    return environments_dir() / f"{environment.name}-{environment.content()}-py{minor}-{label}"


def made_for(environment: Environment) -> Made | None:
    """Return the environment that a run takes, or None when it has to be made first.

    Raises:
        UserError: no fitting Python is installed.
    """
    place = place_of(environment)
    return _read(place.folder) or _read(place.alone(environment).folder)


def create(environment: Environment, say: Say = lambda line: None) -> Made:
    """Make an environment, or return it if it is there already; safe with several processes.

    Raises:
        UserError: no fitting Python can be had, or the installation failed.
    """
    try:
        made = made_for(environment)
    except NoPythonError:
        fetch_python(environment.python, say)
        made = made_for(environment)
    if made is not None:
        return made
    place = place_of(environment)
    with stopped_by_sigterm(), _lock(place.folder.with_suffix(".lock"), say):
        made = made_for(environment)  # another process may have made it meanwhile
        if made is not None:
            return made
        try:
            return _make(environment, place, say)
        except NotSharedError as error:
            say(f"torch cannot be shared, so {environment.name} gets its own: {error}")
            return _make(environment, place.alone(environment), say)


def _make(environment: Environment, place: Place, say: Say) -> Made:
    folder = place.folder
    sharing = [name for name in environment.share if name in place.shared]
    say(
        f"making the environment {environment.name} once, in {folder}: Python {place.minor}, "
        f"{len(environment.requirements)} packages, {environment.size}"
        + (", sharing " + ", ".join(sharing) if sharing else "")
    )
    note = {
        "name": environment.name,
        "content": environment.content(),
        "shares": sorted(sharing),
        "file": None if environment.file is None else str(environment.file),
    }
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        # Until it is whole, another name: what is killed here passes for no environment.
        (folder / HALF).write_text(json.dumps(note), encoding="utf-8")
        install(environment, place.python, folder, place.shared, say, place.added)
        (folder / HALF).rename(folder / MARKER)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    made = _read(folder)
    if made is None:
        raise UserError(f"the environment {folder} was made but its Python does not run")
    return made


def made_environments() -> list[Made]:
    """Return all whole environments on disk, by name."""
    return [made for folder in _folders() if (made := _read(folder)) is not None]


def half_made() -> list[tuple[str, Path]]:
    """Return names and folders of environments whose making was killed, or still goes on."""
    found = [(folder, read_cached(folder / HALF)) for folder in _folders()]
    return [(str(note["name"]), folder) for folder, note in found if isinstance(note, dict)]


def _folders() -> list[Path]:
    folder = environments_dir()
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if path.is_dir()]


def remove(name: str) -> list[Path]:
    """Delete the environments called ``name`` (all contents and Pythons of it), half ones too.

    Returns:
        their folders.

    Raises:
        UserError: there is none, or another process is making it.
    """
    all_of_them = [(made.name, made.folder) for made in made_environments()] + half_made()
    chosen = [folder for known, folder in all_of_them if known == name]
    if not chosen:
        names = ", ".join(sorted({known for known, _ in all_of_them})) or "none"
        raise UserError(f"no environment '{name}' has been made; there are: {names}")
    for folder in chosen:
        with _lock(folder.with_suffix(".lock"), None):
            shutil.rmtree(folder)
    return chosen


def worker_path() -> Path:
    """Return a folder that holds this package and nothing else, for a worker's import path."""
    package = Path(sama_bench.__file__).resolve().parent
    parent = cache_dir() / "worker-path"
    parent.mkdir(parents=True, exist_ok=True)
    for folder in parent.iterdir():
        link = folder / "sama_bench"
        if link.is_symlink() and link.resolve() == package:
            return folder
    folder = Path(tempfile.mkdtemp(prefix="path-", dir=parent))
    (folder / "sama_bench").symlink_to(package, target_is_directory=True)
    return folder


def interpreter_of(folder: Path) -> Path:
    """Return the interpreter inside a virtual environment."""
    windows = folder / "Scripts" / "python.exe"
    return windows if windows.is_file() else folder / "bin" / "python"


def _read(folder: Path) -> Made | None:
    try:
        note = json.loads(read_regular(folder / MARKER))
        file = Path(note["file"]) if note.get("file") else None
        name, content, shares = str(note["name"]), str(note["content"]), tuple(note["shares"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # not made by this command, or half removed
    python = interpreter_of(folder)
    return Made(name, content, folder, python, shares, file) if python.exists() else None


@contextmanager
def _lock(path: Path, say: Say | None) -> Iterator[None]:
    """Hold a lock, and leave no file behind; without ``say`` it is not waited for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows has none; two first runs at once are then not kept apart
        yield
        return
    while True:
        with path.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if say is None:
                    raise UserError(
                        f"another process works on {path.with_suffix('')}; end it first"
                    ) from None
                say("another process is making this environment; waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
            if not _bears(path, handle.fileno()):  # its last holder removed it
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _bears(path: Path, file: int) -> bool:
    """Tell whether a file has this name now."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except OSError:
        return False
