"""Whether a model can run here, found out before anything is installed or downloaded.

All that can be known is checked at once, each with what mends it. Nothing is written; a hub is
asked for a model's list of files alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from sama_bench.adapter import ModelSpec, Setup
from sama_bench.environments.definition import Environment, environment_path, read_environment
from sama_bench.environments.interpreter import NoPythonError, version_of
from sama_bench.environments.manage import Made, environments_dir, made_for, place_of
from sama_bench.errors import UserError
from sama_bench.launch.devices import Device
from sama_bench.storage import hub

State = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Check:
    """What came of one check.

    Attributes:
        name: what was looked at.
        state: ``missing`` keeps a run from starting; a ``note`` is for the user to judge.
        words: what was found.
        mend: what to do, with the command, where something is missing.
    """

    name: str
    state: State
    words: str
    mend: str = ""

    @property
    def text(self) -> str:
        """Return finding and remedy in one line."""
        return f"{self.words}; {self.mend}" if self.mend else self.words


@dataclass(frozen=True)
class Start:
    """What is to be started, and where.

    Attributes:
        spec: the model.
        setup: what it is loaded with.
        devices: of the workers.
        env_python: interpreter that the user gave.
        no_env: the user wants the current environment.
        here: the workers run on this machine.
        named: the user named the devices.
    """

    spec: ModelSpec
    setup: Setup
    devices: Sequence[Device]
    env_python: Path | None = None
    no_env: bool = False
    here: bool = True
    named: bool = False


@dataclass(frozen=True)
class Home:
    """The interpreter that workers get.

    Attributes:
        environment: of the model, or None where another interpreter is used.
        made: it, where it is made already.
        python: interpreter, or None where it has to be made or is the current one.
        current: it is the current environment.
        to_make: bytes on disk of what has to be made; None where unknown, 0 where nothing.
    """

    environment: Environment | None = None
    made: Made | None = None
    python: Path | None = None
    current: bool = False
    to_make: int | None = 0


class NotReadyError(UserError):
    """A model cannot run here; the message lists all that is missing.

    Attributes:
        checks: all that was looked at.
    """

    def __init__(self, model: str, checks: Sequence[Check]) -> None:
        missing = [check for check in checks if check.state == "missing"]
        if len(missing) == 1:
            text = missing[0].text
        else:
            self.listed = True
            said = [f"{check.name}: {check.text}" for check in missing]
            lines = "".join(f"\n  {' '.join(text.split())}" for text in said)
            text = f"{model} cannot start yet, {len(missing)} things are missing:{lines}"
        super().__init__(text)
        self.checks = tuple(checks)


def refuse_unless_ready(model: str, checks: Sequence[Check]) -> None:
    """Let pass what is ready.

    Raises:
        NotReadyError: something is missing.
    """
    if any(check.state == "missing" for check in checks):
        raise NotReadyError(model, checks)


def trust_check(start: Start) -> Iterator[Check]:
    """Check that the code which comes with the weights may run."""
    if not start.spec.needs.remote_code:
        return
    if start.setup.trust_remote_code:
        yield Check("remote code", "ok", "allowed with --trust-remote-code")
    else:
        yield Check(
            "remote code",
            "missing",
            f"{start.spec.name} runs Python code that comes with its weights "
            f"({start.setup.checkpoint})",
            "if you trust it, allow it with --trust-remote-code",
        )


def home_of(start: Start) -> tuple[Home, list[Check]]:
    """Find the interpreter that workers get, or what making it takes; nothing is made.

    Raises:
        UserError: the options contradict each other, or the environment's file is wrong.
    """
    if start.env_python is not None and start.no_env:
        raise UserError("--env-python and --no-env contradict each other; give one of them")
    if start.env_python is not None:
        if version_of(start.env_python) is None:
            words = f"--env-python {start.env_python} is not a Python interpreter that runs"
            mend = "give the path of one, e.g. of a virtual environment's bin/python"
            return Home(), [Check("environment", "missing", words, mend)]
        words = f"--env-python {start.env_python}"
        return Home(python=start.env_python), [Check("environment", "ok", words)]
    path = environment_path(start.spec)
    if path is None or start.no_env:
        return Home(current=True), list(_current_packages(start, path is not None))
    return _own_environment(read_environment(path), start.setup.offline)


def _own_environment(environment: Environment, offline: bool) -> tuple[Home, list[Check]]:
    try:
        place = place_of(environment)
        made = made_for(environment)
    except NoPythonError as error:
        if offline:
            return Home(environment), [Check("interpreter", "missing", str(error))]
        words = f"no Python {environment.python} is installed; uv fetches one when the run starts"
        size = environment.bytes(False)
        return Home(environment, to_make=size), [Check("interpreter", "note", words)]
    except UserError as error:
        return Home(environment), [Check("interpreter", "missing", str(error))]
    python = Check("interpreter", "ok", f"Python {place.minor} ({place.python})")
    if made is not None:
        words = f"{environment.name}, made: {made.folder}"
        return Home(environment, made, made.python), [python, Check("environment", "ok", words)]
    size = environment.bytes(bool(place.shared))
    sharing = f"sharing {' and '.join(environment.share)}" if place.shared else "with its own torch"
    words = f"{environment.name} is made when the run starts"
    if environment.torch is not None:
        words += f", {sharing}"
    words += f": {gigabytes(size)} in {environments_dir()}" if size else f", {environment.size}"
    return Home(environment, to_make=size), [python, Check("environment", "ok", words)]


def _current_packages(start: Start, has_own: bool) -> Iterator[Check]:
    needs = start.spec.needs
    wrong = []
    for text in needs.packages:
        requirement = Requirement(text)
        try:
            have = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{text} is not installed")
            continue
        any_version = start.setup.options.get(requirement.name) == "any"
        if not any_version and not requirement.specifier.contains(have, prereleases=True):
            wrong.append(f"{text} is needed, {have} is installed")
    if wrong:
        mend = f"pip install 'sama-bench[{needs.extra}]'"
        yield Check("packages", "missing", f"{start.spec.name}: {', '.join(wrong)}", mend)
    else:
        why = ", as --no-env says" if has_own else ""
        yield Check("environment", "ok", f"the current one{why}")


def checkout_checks(start: Start, code: str | None) -> Iterator[Check]:
    """Check that code from clones of repositories can be imported.

    Args:
        start: what is started.
        code: of the checkpoint, or None where it is not at hand yet.
    """
    import os

    for checkout in start.spec.needs.checkouts:
        if code is not None and checkout.module not in code:
            continue
        inside = checkout.module.replace(".", "/")
        named = start.setup.options.get(checkout.option) or os.environ.get(checkout.variable)
        places = [named] if named else [".", *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        found = next((p for p in places if p and (Path(p).expanduser() / inside).is_dir()), None)
        name = checkout.repository.rpartition("/")[2]
        if found is not None:
            yield Check(f"{name} checkout", "ok", str(Path(found).expanduser()))
            continue
        given = f"{named} holds no {inside}" if named else f"{checkout.module} is not importable"
        yield Check(
            f"{name} checkout",
            "missing",
            f"the code of the weights imports the {name} checkout, and {given}",
            f"`git clone {checkout.repository}`, then --option {checkout.option}={name}",
        )


def space_checks(parts: Iterable[tuple[str, Path, int | None]]) -> Iterator[Check]:
    """Check that disks have room for what will be written.

    Args:
        parts: what it is, the folder where it goes, its bytes (None where nobody knows).
    """
    import shutil

    by_disk: dict[int, list[tuple[str, Path, int]]] = {}
    for name, folder, size in parts:
        if size:
            place = nearest(folder)
            by_disk.setdefault(place.stat().st_dev, []).append((name, place, size))
    for found in by_disk.values():
        need = sum(size for _, _, size in found)
        free = shutil.disk_usage(found[0][1]).free
        what = ", ".join(f"{name} {gigabytes(size)}" for name, _, size in found)
        words = f"{what}; {gigabytes(free)} free on the disk of {found[0][1]}"
        mend = f"make room for {gigabytes(need - free)} more, or set SAMA_BENCH_CACHE and HF_HOME"
        if free < need:
            yield Check("disk space", "missing", words, f"{mend} to folders on a larger disk")
        else:
            yield Check("disk space", "ok", words)


def nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return place


def gigabytes(size: int) -> str:
    """Write a number of bytes for people."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def asks_no_hub(setup: Setup) -> str | None:
    """Return what forbids asking a hub, as the user gave it, or None."""
    if setup.offline:
        return "--offline"
    return "HF_HUB_OFFLINE" if hub.is_offline() else None
