"""Commands of the toolkit, run in this process."""

from __future__ import annotations

import pytest

from sama_bench.cli import main


def run_command(*arguments: str, status: int = 0) -> None:
    """Run ``sama-bench ...`` and insist on its exit status."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == status
