"""Locking an environment file: from what its author names to the complete list that is installed.

The author's list is kept in ``wants``; ``requirements`` is written by ``lock``. torch and what
comes with it (torchvision, the CUDA packages, triton) stay out: they belong to the ``[torch]``
table, so that a torch can be shared.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from sama_bench.environments.commands import Say
from sama_bench.environments.definition import Environment, read_environment
from sama_bench.environments.uv import find_uv, uv_environment
from sama_bench.errors import UserError

_WITH_TORCH = re.compile(r"(torch|torchvision|torchaudio|triton|pytorch-triton|(nvidia|cuda)-.*)")
_LIST = re.compile(r"^(wants|requirements)\s*=\s*\[", re.MULTILINE)


def lock(path: Path, say: Say = lambda line: None) -> Environment:
    """Resolve what an environment file wants for all its Pythons, and write its requirements.

    Args:
        path: of the file. Without ``wants`` its ``requirements`` are taken for what it wants.
        say: receives lines of progress.

    Returns:
        the environment as it is now.

    Raises:
        UserError: uv is not there, nothing fits together, or a version that is wanted was yanked.
    """
    environment = read_environment(path)
    wants = environment.wants or environment.requirements
    if not wants:
        raise UserError(f"environment file {path}: name what it needs as wants = [...]")
    say(f"resolving {len(wants)} requirements for Python {environment.python}")
    found = _without_torch(_resolve(find_uv(), environment, wants))
    text = path.read_text(encoding="utf-8")
    if not environment.wants:
        text = _replaced(text, "requirements", "wants", wants)
        text = _after(text, "wants", _array("requirements", found))
    elif re.search(r"^requirements\s*=", text, re.MULTILINE):
        text = _replaced(text, "requirements", "requirements", found)
    else:
        text = _after(text, "wants", _array("requirements", found))
    path.write_text(text, encoding="utf-8")
    return read_environment(path)


def _resolve(uv: str, environment: Environment, wants: Sequence[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        asked, limits = Path(folder, "wants.txt"), Path(folder, "torch.txt")
        asked.write_text("\n".join(wants) + "\n", encoding="utf-8")
        limits.write_text("\n".join(environment.install) + "\n", encoding="utf-8")
        command = [uv, "pip", "compile", "--universal", "--no-header", "--no-annotate"]
        command += ["--python-version", _lowest(environment.python), "--constraint", str(limits)]
        done = subprocess.run(
            [*command, str(asked)],
            capture_output=True,
            text=True,
            env=uv_environment(),
            cwd=folder,  # not the working folder: uv takes settings, and so packages, from there
        )
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    yanked = [line for line in lines if "yanked" in line]
    if yanked:
        raise UserError(f"{yanked[0].removeprefix('warning: ')}; want another version")
    if done.returncode != 0:
        raise UserError(f"the requirements do not fit together: {' '.join(lines[-6:])[:600]}")
    return [line.strip() for line in done.stdout.splitlines() if re.match(r"[A-Za-z0-9]", line)]


def _without_torch(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if not _WITH_TORCH.fullmatch(Requirement(line).name.lower())]


def _lowest(python: str) -> str:
    """Return the lowest minor version of Python that a specifier allows."""
    allowed = SpecifierSet(python)
    for minor in range(6, 30):
        if any(allowed.contains(f"3.{minor}.{patch}") for patch in (0, 20)):
            return f"3.{minor}"
    raise UserError(f"no Python 3 is {python}")


def _array(key: str, values: Sequence[str]) -> str:
    lines = "".join(f"  {_quoted(value)},\n" for value in values)
    return f"{key} = [\n{lines}]"


def _quoted(value: str) -> str:
    return f"'{value}'" if "'" not in value else f'"{value}"'


def _replaced(text: str, key: str, new_key: str, values: Sequence[str]) -> str:
    start, end = _span(text, key)
    return text[:start] + _array(new_key, values) + text[end:]


def _after(text: str, key: str, block: str) -> str:
    end = _span(text, key)[1]
    return f"{text[:end]}\n# Written by `sama-bench env lock`.\n{block}{text[end:]}"


def _span(text: str, key: str) -> tuple[int, int]:
    """Return where an array stands in a TOML text; strings and comments may hold brackets."""
    found = next(match for match in _LIST.finditer(text) if match[1] == key)
    at = found.end()
    while text[at] != "]":
        if text[at] in "'\"":
            at = text.index(text[at], at + 1)
        elif text[at] == "#":
            at = text.index("\n", at)
        at += 1
    return found.start(), at + 1
