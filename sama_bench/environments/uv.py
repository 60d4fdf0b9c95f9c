"""uv: where it is, what it is told of pip's settings, and the Pythons that it finds or fetches."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sama_bench.environments.commands import Say, run_installer
from sama_bench.errors import UserError
from sama_bench.storage.cache_folder import home_dir

_SECTIONS = ("global", "user", "site", "install", ":env:")
_OF_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "constraint": "UV_CONSTRAINT",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
"""pip's settings, and the variables by which uv, which does not read pip's, takes the same."""


def find_uv() -> str:
    """Return the path of uv: of the package beside this one, or on the search path.

    Raises:
        UserError: it is not there.
    """
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, OSError):
        found = shutil.which("uv")
    if found is None:
        raise UserError("environments are made by uv, which is not installed: pip install uv")
    return found


def uv_environment() -> dict[str, str]:
    """Return the variables for uv: the user's, and pip's settings where uv has none of its own."""
    return {**of_pip(_pip_configuration()), **_own_environment()}


def _own_environment() -> dict[str, str]:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if links := environ.get("UV_FIND_LINKS"):
        environ["UV_FIND_LINKS"] = ",".join(_absolute(re.split(r"[\s,]+", links.strip())))
    return {**environ, "PATH": _search_path(environ.get("PATH", ""))}


def _absolute(places: Sequence[str]) -> list[str]:
    """Return places for uv, which runs in another folder."""
    return [os.path.abspath(place) if os.path.exists(place) else place for place in places]


def of_pip(configuration: str) -> dict[str, str]:
    """Return for uv what ``pip config list`` prints.

    What a later section says replaces the earlier, as for pip; places become absolute, because uv
    runs in another folder.
    """
    # pip takes the best version of all indexes, uv by default only looks at the first that has any.
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for section in _SECTIONS:
        for line in configuration.splitlines():
            key, sign, value = line.partition("=")
            where, _, name = key.rpartition(".")
            if sign and where == section and name in _OF_PIP:
                words = _words(value)
                variable = _OF_PIP[name]
                if variable in ("UV_FIND_LINKS", "UV_CONSTRAINT"):
                    words = _absolute(words)
                settings[variable] = ("," if variable == "UV_FIND_LINKS" else " ").join(words)
    return {name: value for name, value in settings.items() if value}


def _words(value: str) -> list[str]:
    try:
        return str(ast.literal_eval(value)).split()
    except (ValueError, SyntaxError):
        return value.split()


def _pip_configuration() -> str:
    command = [sys.executable, "-P", "-m", "pip", "config", "list"]
    return subprocess.run(command, capture_output=True, text=True).stdout


def _search_path(path: str) -> str:
    """Return where uv looks for Pythons: pyenv's versions stand in the place of its shims.

    A shim of a version that is not the chosen one fails, and uv stops looking there.
    """
    root = Path(os.environ.get("PYENV_ROOT") or home_dir() / ".pyenv")
    kept = [place for place in path.split(os.pathsep) if Path(place) != root / "shims"]
    versions = sorted(root.glob("versions/3.*/bin"), reverse=True)
    return os.pathsep.join([*kept, *map(str, versions)])


def python_found(specifier: str) -> Path | None:
    """Return an installed interpreter whose version fits, or None."""
    done = subprocess.run(
        [find_uv(), "python", "find", "--no-project", "--no-config", specifier],
        capture_output=True,
        text=True,
        env={**_own_environment(), "UV_PYTHON_DOWNLOADS": "never"},
    )
    return Path(done.stdout.strip()) if done.returncode == 0 else None


def fetch_python(specifier: str, say: Say) -> None:
    """Fetch a Python whose version fits, as uv keeps them for all its users.

    Raises:
        UserError: it cannot be fetched.
    """
    say(f"no Python {specifier} is installed; uv fetches one")
    run_installer([find_uv(), "python", "install", "--no-config", specifier], uv_environment(), say)
