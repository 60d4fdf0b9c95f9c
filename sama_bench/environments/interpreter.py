"""Finding a Python interpreter for an environment, and what the current one can share."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from sama_bench.environments.definition import Environment
from sama_bench.environments.uv import python_found
from sama_bench.errors import UserError

TORCH_COMPANIONS = ("torchgen", "functorch", "nvidia", "triton", "torchvision.libs", "cuda")
"""What lies beside torch in site-packages and belongs to it."""


def current_version() -> str:
    """Return the version of the running interpreter."""
    return ".".join(str(number) for number in sys.version_info[:3])


class NoPythonError(UserError):
    """No interpreter of a fitting version is installed."""


def find_python(environment: Environment) -> Path:
    """Return an interpreter whose version fits: the current one if it does, else one that uv finds.

    Raises:
        NoPythonError: none is installed, with how to get one.
    """
    if environment.accepts_python(current_version()):
        return Path(sys.executable)
    found = python_found(environment.python)
    if found is None:
        raise NoPythonError(
            f"environment {environment.name} needs Python {environment.python}, and none is "
            f"installed; install one (`uv python install '{environment.python}'`), or give "
            "--env-python PATH"
        )
    return found


def version_of(python: Path) -> str | None:
    """Return the version of an interpreter, or None when it does not run."""
    code = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
    try:
        done = subprocess.run(
            [str(python), "-I", "-c", code], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def shareable(environment: Environment, python: Path) -> dict[str, Path]:
    """Return what the environment can take over from the current one instead of installing it.

    A torchvision that is not there is no obstacle: ``to_add`` names the one that fits the torch.
    Compiled packages can be shared only between interpreters of one minor version.

    Returns:
        name in site-packages to its place; empty when anything needed is missing or of the wrong
        version.
    """
    if environment.torch is None:
        return {}
    theirs = version_of(python)
    if theirs is None or theirs.split(".")[:2] != current_version().split(".")[:2]:
        return {}
    found: dict[str, Path] = {}
    for name in environment.share:
        try:
            known = distribution(name)
        except PackageNotFoundError:
            if any(item.startswith(f"{name}==") for item in to_add(environment)):
                continue
            return {}
        if name == "torch" and not environment.accepts_torch(known.version):
            return {}
        place = Path(str(known.locate_file("")))
        if not (place / name).is_dir():
            return {}
        found[name] = place / name
        for info in place.glob(f"{name}-*.dist-info"):
            found[info.name] = info
    place = found["torch"].parent if "torch" in found else Path(sysconfig.get_path("purelib"))
    for name in TORCH_COMPANIONS:
        for path in (*place.glob(name), *place.glob(f"{name}-*.dist-info")):
            found[path.name] = path
    for path in place.glob("nvidia_*.dist-info"):
        found[path.name] = path
    return found


def to_add(environment: Environment) -> tuple[str, ...]:
    """Return what has to be installed beside a shared torch: the torchvision of its version.

    torch 2.N.P and torchvision 0.(N + 15).P are built for each other.
    """
    if "torchvision" not in environment.share or _version_of("torchvision") is not None:
        return ()
    torch = _version_of("torch")
    numbers = re.match(r"2\.(\d+)\.(\d+)", torch or "")
    if numbers is None:
        return ()
    return (f"torchvision==0.{int(numbers[1]) + 15}.{numbers[2]}",)


def _version_of(name: str) -> str | None:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return None
