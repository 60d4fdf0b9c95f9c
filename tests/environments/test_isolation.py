"""Proof of isolation: one process runs two models whose transformers versions exclude each other.

Skipped, saying so, where the packages cannot be installed (no network, no package index).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sama_bench.api import run
from sama_bench.environments.manage import made_environments
from sama_bench.errors import UserError
from sama_bench.runfolder.folder import RunFolder

HERE = Path(__file__).parent / "isolation"


def answers_of(result):
    found = RunFolder(result.folders[0])
    return [found.outcome(id).answer.text for id in found.ids()]


@pytest.mark.slow
def test_two_transformers_versions_in_one_run(tmp_path, monkeypatch, request):
    if "slow" not in request.config.getoption("markexpr"):
        pytest.skip("installs two environments, about a minute; run it with -m slow")
    pytest.importorskip("torch")
    import transformers

    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))
    told = {}
    for name in ("old", "new"):
        try:
            result = run(
                f"{HERE / name}.py:Versions",
                "mini",
                task="c",
                limit=2,
                runs=tmp_path / name,
                devices="cpu",
            )
        except UserError as error:
            if "environment could not be made" in str(error):
                pytest.skip(f"the packages cannot be installed here: {error}")
            raise
        told[name] = answers_of(result)
    assert told["old"][0].startswith("4.42.3 1.")
    assert told["new"][0].startswith("5.23.0 2.")
    assert {made.name for made in made_environments()} == {"old", "new"}
    assert all(made.shares == ("torch",) for made in made_environments())
    assert transformers.__version__ == pytest.importorskip("transformers").__version__
