"""Making a virtual environment and filling it, with uv."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sama_bench.environments.commands import Say, run_installer
from sama_bench.environments.definition import Environment
from sama_bench.environments.uv import find_uv, uv_environment
from sama_bench.errors import UserError

SHARED_FOLDER = "shared-packages"
PROBE = "import torch, torchvision; torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)"
"""Fails where torchvision was built for another torch."""


class NotSharedError(UserError):
    """What was to be shared does not work; the environment needs its own."""


def install(
    environment: Environment,
    python: Path,
    folder: Path,
    shared: dict[str, Path],
    say: Say,
    added: Sequence[str] = (),
) -> None:
    """Make a virtual environment and fill it.

    Whole wheels stay in the cache of uv: an interrupted installation that is begun again does not
    fetch them a second time.

    Args:
        environment: what to install.
        python: the interpreter to base it on.
        folder: where; must not exist, or hold what this process wrote.
        shared: what is linked from the current environment instead, name to place.
        say: receives lines of progress.
        added: what is installed beside what is shared, without its dependencies.

    Raises:
        UserError: a step failed, with the last line of its error.
        NotSharedError: what was added does not work with what is shared.
    """
    uv, environ = find_uv(), uv_environment()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Not the working folder: uv takes settings, and so packages, from files there.
    run = partial(run_installer, environ=environ, say=say, cwd=folder.parent)
    run([uv, "venv", "--quiet", "--allow-existing", "--python", str(python), str(folder)])
    inside = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    size = environment.bytes(bool(shared))

    def fill(packages: Sequence[str], *flags: str) -> None:
        run([uv, "pip", "install", "--python", str(inside), *flags, *packages], expected=size)

    if shared:
        _link(folder, inside, shared)
        if added:
            say(f"installing {', '.join(added)} beside the shared torch")
            try:
                fill(added, "--no-deps")
            except UserError as error:
                raise NotSharedError(str(error)) from None
    elif environment.install:
        say(f"installing {', '.join(environment.install)}")
        fill(environment.install)
    if environment.requirements:
        say(f"installing {len(environment.requirements)} packages")
        fill(environment.requirements, "--no-deps")
    if added:  # tried last: torch imports some of the requirements
        _try_together(added, inside)


def _try_together(added: Sequence[str], python: Path) -> None:
    done = subprocess.run([str(python), "-I", "-c", PROBE], capture_output=True, text=True)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        why = lines[-1] if lines else f"exit status {done.returncode}"
        raise NotSharedError(f"{', '.join(added)} does not work with the shared torch: {why[:200]}")


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
