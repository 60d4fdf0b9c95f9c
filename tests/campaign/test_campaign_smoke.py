"""A case or two of every kind with a fixed seed: the attacks work, and nothing comes of them."""

from __future__ import annotations

import pytest

from tests.campaign.__main__ import main
from tests.campaign.kinds import all_kinds
from tests.campaign.loop import run_case
from tests.shared import needs

KINDS = {kind.name: kind for kind in all_kinds()}
QUICK = {
    "adapter-self": 0, "damaged-run": 0, "damaged-scores": 0, "damaged-entry": 0,
    "hostile-answers": 0, "hostile-masks": 0, "foreign-predictions": 4, "split-files": 2,
}  # fmt: skip
"""The kinds that take about a second, with a case; the others start several processes."""
SEED = 1


@pytest.mark.parametrize("name", QUICK)
def test_quick_kinds(name, tmp_path, material):
    assert run_case(KINDS[name], SEED, QUICK[name], tmp_path, material) is None
    assert list((tmp_path / "cases").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(KINDS.keys() - QUICK.keys()))
def test_kinds_of_several_processes(name, tmp_path, material):
    if name.startswith("judge"):
        pytest.importorskip("openai")
    assert run_case(KINDS[name], SEED, 0, tmp_path, material) is None


@needs("openai")
def test_the_command_names_its_kinds(capsys):
    assert main(["--list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in KINDS)
    assert main(["--kind", "no-such-kind"]) == 2
    assert main(["--case", "3"]) == 2
