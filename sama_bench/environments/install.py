"""Filling a virtual environment: with uv when it is there, else with venv and pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sama_bench.environments.definition import Environment
from sama_bench.errors import UserError

Say = Callable[[str], None]
SHARED_FOLDER = "shared-packages"


def install(
    environment: Environment, python: Path, folder: Path, shared: dict[str, Path], say: Say
) -> None:
    """Make a virtual environment and fill it.

    Args:
        environment: what to install.
        python: the interpreter to base it on.
        folder: where; must not exist.
        shared: what is linked from the current environment instead, name to place.
        say: receives lines of progress.

    Raises:
        UserError: a step failed, with the last line of its error.
    """
    uv = find_uv()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if uv is not None:
        _run([uv, "venv", "--quiet", "--python", str(python), str(folder)], say)
    else:
        _run([str(python), "-m", "venv", *_pip(environment, shared), str(folder)], say)
    inside = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if shared:
        _link(folder, inside, shared)
    elif environment.install:
        say(f"installing {', '.join(environment.install)}")
        _install(uv, inside, environment.install, ["--quiet"], say)
    if environment.requirements:
        say(f"installing {len(environment.requirements)} packages")
        _install(uv, inside, environment.requirements, ["--quiet", "--no-deps"], say)


def _pip(environment: Environment, shared: dict[str, Path]) -> list[str]:
    """Return the option of venv that leaves pip out where it has nothing to install."""
    needed = environment.requirements or (environment.install and not shared)
    return [] if needed else ["--without-pip"]


def find_uv() -> str | None:
    """Return the path of uv: beside the current interpreter, or on the search path."""
    beside = Path(sys.executable).parent / ("uv.exe" if os.name == "nt" else "uv")
    return str(beside) if beside.is_file() else shutil.which("uv")


def _install(
    uv: str | None, python: Path, packages: Sequence[str], flags: Sequence[str], say: Say
) -> None:
    if uv is not None:
        _run([uv, "pip", "install", "--python", str(python), *flags, *packages], say)
    else:
        _run([str(python), "-m", "pip", "install", *flags, *packages], say)


def _link(folder: Path, python: Path, shared: dict[str, Path]) -> None:
    # Links in a folder of their own: an installer never looks there, so it cannot remove through
    # a link what belongs to the other environment.
    place = folder / SHARED_FOLDER
    place.mkdir()
    for name, target in shared.items():
        (place / name).symlink_to(target, target_is_directory=target.is_dir())
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run(
        [str(python), "-I", "-c", code], capture_output=True, text=True, check=True
    )
    path_file = Path(done.stdout.strip()) / "sama_bench_shared.pth"
    path_file.write_text(f"{place}\n", encoding="utf-8")


def _run(command: Sequence[str], say: Say) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for name, value in _pip_settings().items():
        environ.setdefault(name, value)
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environ)
    except OSError as error:
        raise UserError(f"{command[0]} cannot be started: {error}") from None
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        for line in lines[:-1]:
            say(line)
        raise UserError(
            f"the environment could not be made: {' '.join(lines[-2:])[:400]}; without a network "
            "give an interpreter that has the packages as --env-python PATH"
        )


def _pip_settings() -> dict[str, str]:
    """Return the indexes of pip's configuration for uv, which does not read it."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True
    )
    names = {"index-url": "UV_INDEX_URL", "find-links": "UV_FIND_LINKS"}
    names["extra-index-url"] = "UV_EXTRA_INDEX_URL"
    names["cert"] = "SSL_CERT_FILE"
    # pip takes the best version of all indexes, uv by default only looks at the first that has any.
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for line in done.stdout.splitlines():
        key, sign, value = line.partition("=")
        name = names.get(key.rpartition(".")[2])
        if sign and name and key.startswith(("global.", "user.", "site.", "install.", ":env:")):
            settings[name] = value.strip().strip("'\"")
    return settings
