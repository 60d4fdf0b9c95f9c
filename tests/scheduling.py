"""Which tests of a run on several cores share a process."""

from __future__ import annotations

from typing import Any

APART = ("tests/running/test_faults.py", "tests/running/test_running.py", "tests/environments/")
"""Long tests that share no costly fixture; every other file goes to one process as a whole."""

TORCH = (
    "tests/adapters/",
    "tests/docs/test_docs_models.py",
    "tests/metrics/test_encoder_absent.py",
    "tests/metrics/test_phrases.py",
)
"""Files that import torch and transformers, which takes seconds in every process that does."""

CAPTIONS = (
    "tests/authoring/test_selftest.py",
    "tests/docs/test_docs.py",
    "tests/metrics/test_captions.py",
)
"""Files that score the same captions, which a process remembers."""

FEW = 4
"""Processes up to which the files of TORCH share one, and those of CAPTIONS."""


def scope(test: str, processes: int) -> str:
    """Return the name of what a test shares a process with."""
    file = test.partition("::")[0]
    if processes <= FEW:
        for name, files in (("torch", TORCH), ("captions", CAPTIONS)):
            if file.startswith(files):
                return name
    return test if file.startswith(APART) else file


def make(config: Any, log: Any) -> Any:
    """Return the scheduler of pytest-xdist that hands out scopes as above."""
    from xdist.scheduler import LoadScopeScheduling

    processes = len(config.getoption("tx"))

    class ByScope(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid, processes)

    return ByScope(config, log)
