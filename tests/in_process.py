"""The command line called in this process, where what is tested is not the process itself."""

from __future__ import annotations

from subprocess import CompletedProcess
from typing import Any

import pytest

from sama_bench.cli import main


def call(capfd: pytest.CaptureFixture[str], *arguments: Any) -> CompletedProcess[str]:
    """Run a command; return its exit status and what it wrote, as ``subprocess.run`` does."""
    capfd.readouterr()
    with pytest.raises(SystemExit) as stopped:
        main(list(map(str, arguments)))
    said = capfd.readouterr()
    return CompletedProcess(arguments, stopped.value.code or 0, said.out, said.err)
