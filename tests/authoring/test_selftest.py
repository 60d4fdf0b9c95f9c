import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner

from sama_bench.authoring.selftest import difference, discover, recognise, selftest
from sama_bench.cli.selftest import command
from sama_bench.errors import UserError

GOLDENS = Path(__file__).parents[1] / "goldens"
MASK_KINDS = {"jf", "video_jf", "gcg", "ciou", "refsav_aggregate"}


def run(*arguments):
    return CliRunner().invoke(command, list(map(str, arguments)), standalone_mode=False)


def broken(tmp_path, change):
    data = json.loads((GOLDENS / "jf.json").read_text())
    change(data["cases"][0])
    path = tmp_path / "renamed.json"
    path.write_text(json.dumps(data))
    return path


def test_the_packaged_set_agrees():
    results = {result.kind: result for result in selftest()}
    assert results.keys() >= MASK_KINDS
    assert all(results[kind].passed and results[kind].values > 10 for kind in MASK_KINDS)


def test_kinds_are_recognised_by_content():
    for kind in MASK_KINDS:
        assert recognise(json.loads((GOLDENS / f"{kind}.json").read_text())) == kind
    assert recognise({"source": "x", "cases": [{"replies": []}]}) == "clair_parse"
    assert recognise({"source": "x", "videos": [{"gt": [], "pred": [], "scores": {}}]}) == "caption"
    raising = {"gt": [], "pred": [], "raises": "ValueError"}
    scored = {"gt": [], "pred": [], "scores": {}}
    assert recognise({"source": "x", "videos": [raising, scored]}) == "caption"
    for other in ([], {}, {"cases": []}, {"source": 1, "cases": [3]}, {"source": "", "sets": [{}]}):
        assert recognise(other) is None
    assert discover().keys() >= MASK_KINDS


def test_command_prints_a_line_a_file(tmp_path):
    for kind in MASK_KINDS:
        (tmp_path / f"{kind}.json").write_text((GOLDENS / f"{kind}.json").read_text())
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "torn.json").write_text("{")
    result = run(tmp_path, "--json", tmp_path / "output.txt")
    assert result.return_value == 0, result.output
    lines = result.output.splitlines()
    assert len(lines) == len(MASK_KINDS) + 2
    assert lines[-1].startswith("all 1942 values of 5 files agree")
    told = json.loads((tmp_path / "output.txt").read_text())["selftest"]
    assert {entry["kind"] for entry in told} == MASK_KINDS
    assert all(entry["passed"] for entry in told)


def test_a_difference_is_found_and_named(tmp_path):
    path = broken(tmp_path, lambda case: case.update(J=case["J"] + 1e-11))
    result = run(tmp_path)
    assert result.return_value == 1
    assert "DIFFERS: blob_jitter_0 J" in result.output
    assert run(path).return_value == 1
    assert run(path, "--json", "-").return_value == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda case: case.update(J=None),
        lambda case: case.update(pred="broken"),
        lambda case: case.pop("size"),
    ],
)
def test_what_cannot_be_compared_fails(tmp_path, change):
    result = run(broken(tmp_path, change), "--json", "-")
    assert result.return_value == 1
    assert json.loads(result.output)["selftest"][0]["difference"] is None


def test_folders_without_goldens(tmp_path):
    with pytest.raises(UserError, match="no golden file"):
        selftest(tmp_path)
    with pytest.raises(UserError, match="no folder"):
        selftest(tmp_path / "absent")


def test_difference():
    assert difference(1.0, 1.5) == 0.5
    assert difference(None, "nan") == difference("inf", math.inf) == difference("a", "a") == 0
    assert difference(None, 0.0) == difference("a", "b") == difference("a", 1.0) == math.inf
