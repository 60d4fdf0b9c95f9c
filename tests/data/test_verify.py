import json
import shutil

import pytest

from sama_bench import cli
from sama_bench.data.verify import verify
from sama_bench.errors import UserError
from sama_bench.splits._mini import ensure_mini
from tests.splits.referring_data import write_referring


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SAMA_BENCH_DATA", raising=False)


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        cli.main(["data", "verify", *map(str, arguments)])
    said = capsys.readouterr()
    return end.value.code, said.out, said.err


def test_a_folder_with_one_benchmark(tmp_path, capsys):
    folder = write_referring(tmp_path / "data" / "ref_sav_eval").parent
    out = tmp_path / "v.json"
    status, text, _ = run(capsys, "--data", folder, "--json", out)
    assert status == 1
    assert "NOT complete, see below" in text
    assert "not complete: 2 of 1147 videos, 6 of 1945 expressions" in text
    assert "published 1147" in text
    assert "not there: gcg" in text
    checks = {check["benchmark"]: check for check in json.loads(out.read_text())["checks"]}
    assert checks["ref-sav"]["complete"] is False
    assert checks["ref-sav"]["counts"]["strict"] == {"videos": 2, "samples": 6}
    assert checks["ref-sav"]["tally"]["released"]["count"] == 4
    assert len(checks["ref-sav"]["files"]) == 2
    assert checks["mevis"]["state"] == "absent"


def test_what_cannot_be_used_ends_with_one(tmp_path, capsys):
    folder = write_referring(tmp_path / "data")
    frames = sorted((folder / "videos/vid_a").iterdir())
    frames[0].write_bytes(b"broken")
    assert "cannot be used" not in run(capsys, "ref-sav", "--data", folder)[1]
    status, text, _ = run(capsys, "ref-sav", "--data", folder, "--deep")
    assert status == 1
    assert "broken_frame: 1, cannot be used" in text
    for frame in frames[1:]:
        frame.unlink()
    status, text, _ = run(capsys, "ref-sav", "--data", folder, "--all")
    assert status == 1
    assert "3 of 4 frames, first" in text
    (folder / "mask_dict.json").write_text("{")
    status, text, _ = run(capsys, "ref-sav", "--data", folder)
    assert status == 1
    assert "not a well-formed JSON object" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "give --data DIR"),
        (["--data", "."], "no benchmark's files are below"),
        (["ref-sav", "--data", "."], "looked for"),
        (["ref-sac", "--data", "."], "did you mean ref-sav"),
        (["ref-sav", "--split", "valdi", "--data", "."], "did you mean valid"),
        (["ref-sav", "--data", "none"], "the data root none does not exist"),
    ],
)
def test_wrong_requests(arguments, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert says in err
    assert err.count("\n") == 1


@pytest.fixture(scope="module")
def mini():
    return ensure_mini()


def test_sama_bench_whole_and_in_part(mini, tmp_path):
    root = shutil.copytree(mini, tmp_path / "mini")
    checks = {check.benchmark: check for check in verify(data=root)}
    joint = checks["sama-bench-g + sama-bench-c"]
    details = [finding.detail for finding in joint.findings]
    assert any("14 videos together, published 522" in detail for detail in details)
    assert any("samples together, published 5067" in detail for detail in details)
    (root / "VidSTG_7.json").unlink()
    found = verify(["sama-bench-g"], root)
    assert "mevis" in {check.split for check in found}
    assert "all" not in {check.split for check in found}
    assert not {check.state for check in found} & {"absent", "broken"}


def test_a_split_without_samples_cannot_be_used(tmp_path, capsys):
    root = ensure_mini(tmp_path / "data", "mevis")
    (path,) = root.rglob("valid_u/meta_expressions.json")
    path.write_text('{"videos": {}}')
    status, text, _ = run(capsys, "mevis", "--data", root, "--split", "mini")
    assert status == 1
    assert "no_sample: 1, cannot be used" in text


def test_as_a_function(tmp_path):
    (check,) = verify(["mevis"], split="mini", deep=True)
    assert check.state == "good"
    assert check.counts["strict"]["videos"] == 3
    with pytest.raises(UserError, match="give --data DIR"):
        verify(["mevis"])


def test_one_split_of_a_named_benchmark_is_enough(tmp_path, capsys):
    """MeViS's valid_u alone can be scored here; the others are named as not there."""
    base = tmp_path / "mevis" / "valid_u"
    write_referring(base, "meta_expressions.json", "JPEGImages")
    status, text, _ = run(capsys, "mevis", "--data", tmp_path)
    assert status == 1  # two of 50 videos
    assert "mevis      valid_u" in text
    assert "not there: mevis valid, mevis test" in text
    (base / "meta_expressions.json").unlink()
    with pytest.raises(UserError, match="mevis"):
        verify(["mevis"], tmp_path)
