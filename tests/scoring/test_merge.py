"""Merging: what belongs together is merged exactly, everything else is refused with its reasons."""

import json
import shutil

import pytest
from click.testing import CliRunner

from sama_bench import cli
from sama_bench.adapter import Setup
from sama_bench.benchmark import Scores, Tools
from sama_bench.cli import build
from sama_bench.errors import IncompleteError, UserError
from sama_bench.marks import grounded_answer, marked
from sama_bench.metrics.phrases import TokenOverlap
from sama_bench.nouns import Answer, Masklet
from sama_bench.runfolder.folder import RunFolder, run_path
from sama_bench.runfolder.manifest import Manifest, from_request
from sama_bench.scoring.merge import merge
from sama_bench.scoring.result import Result
from sama_bench.splits.sama_bench.dataset import SamaDataset
from sama_bench.splits.sama_bench.layout import SHARDS
from tests.splits.sama_files import HEIGHT, WIDTH, Root, box, video

TOOLS = Tools(phrases=TokenOverlap(), captions=False)
PATHS = {
    "mevis": "mevis/val_u/JPEGImages",
    "lvvis": "lvvis/val/JPEGImages",
    "ref_youtube_vos": "ref_youtube_vos/valid/JPEGImages",
    "VidSTG": "VidSTG/val",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = Root(tmp_path_factory.mktemp("data"))
    for source in PATHS:
        entries = [box()] * 3
        root.tracks(source, a1={"segmentations": entries} if source == "lvvis" else entries)
    for number, shard in enumerate(SHARDS):
        source = next(source for source in PATHS if shard.startswith(source))
        root.shard(shard, [video(f"{PATHS[source]}/{10 * number + n}") for n in range(2)])
    return root.path


def answer(id):
    number = sum(id.encode())
    left = number % 9
    masklet = Masklet(HEIGHT, WIDTH, (box(left)["counts"],) * 3)
    return grounded_answer(marked("a box"), [masklet]) if number % 5 else Answer("No.")


def run_split(data, runs, split, leave_out=(), **changes):
    dataset = SamaDataset(data, split, "g")
    folder = RunFolder(run_path(runs, "m", "sama-bench-g", split))
    folder.path.mkdir(parents=True)
    facts = from_request(Setup("m"), "a:B", dataset, {}, "independent")
    more = {"card": {"frames": 5}, "data_root": str(data), **changes}
    folder.write_manifest(facts | Manifest.of(**more))
    with (folder.path / "predictions.jsonl").open("w") as file:
        for entry in dataset.entries:
            if entry.id not in leave_out:
                given = answer(entry.id)
                status = "answered" if given.segments else "refused"
                line = {"id": entry.id, "status": status, **given.to_json()}
                file.write(json.dumps(line) + "\n")
    return folder.path


@pytest.fixture(scope="module")
def shards(data, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    for shard in SHARDS:
        run_split(data, runs, shard)
    return runs


def plain(result):
    kept = result.to_json()
    return {key: kept[key] for key in ("coverage", "scores", "videos", "samples")}


def test_thirteen_shards_equal_one_whole_run(data, shards, tmp_path):
    (merged,) = merge(root=shards, tools=TOOLS)
    assert merged.split == "all"
    run_split(data, tmp_path, "all")
    (whole,) = merge(root=tmp_path, tools=TOOLS)
    assert plain(merged) == plain(whole)
    assert (shards / "m/sama-bench-g/all/scores.json").is_file()
    sources = {row["split"] for row in merged.rows()}
    assert {"all", "all:mevis", "all:VidSTG"} <= sources


def test_a_single_shard_is_its_own_split(shards):
    (result,) = merge([shards / "m/sama-bench-g/VidSTG_3"], tools=TOOLS)
    assert result.split == "VidSTG_3"
    assert result.complete
    (source,) = merge([shards / f"m/sama-bench-g/lvvis_{n}" for n in range(2)], shards, tools=TOOLS)
    assert source.split == "lvvis"


@pytest.fixture
def copy(shards, tmp_path):
    shutil.copytree(shards, tmp_path / "runs")
    return tmp_path / "runs"


def test_a_missing_shard_is_refused_and_named(copy):
    shutil.rmtree(copy / "m/sama-bench-g/lvvis_1")
    with pytest.raises(IncompleteError, match="no run of lvvis_1"):
        merge(root=copy, tools=TOOLS)
    (partial,) = merge(root=copy, tools=TOOLS, allow_partial=True)
    row = next(row for row in partial.rows() if row["split"] == "all")
    assert row["coverage"] == 24 / 26
    assert not partial.complete


def test_runs_whose_union_has_no_files_are_refused_with_a_way_out(copy, data, tmp_path):
    few = tmp_path / "few"
    shutil.copytree(data, few)
    (few / "lvvis_0.json").unlink()
    folders = [copy / "m/sama-bench-g" / split for split in ("mevis", "VidSTG_0")]
    with pytest.raises(
        IncompleteError, match=r"belong to split all.*name run folders of one split"
    ):
        merge(folders, copy, data=few, tools=TOOLS)
    (alone,) = merge(folders[:1], copy, data=few, tools=TOOLS)
    assert alone.complete


def test_a_missing_sample_is_refused_and_named(copy):
    file = copy / "m/sama-bench-g/mevis/predictions.jsonl"
    lines = file.read_text().splitlines()
    file.write_text(lines[0] + "\n" + lines[1][:40])  # the last line is torn
    with pytest.raises(IncompleteError, match=r"1 samples not asked yet: .*/1/q"):
        merge(root=copy, tools=TOOLS)


def test_samples_that_stand_twice_are_refused(data, copy):
    run_split(data, copy, "VidSTG")
    with pytest.raises(IncompleteError, match="more than once"):
        merge(root=copy, tools=TOOLS)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("card", {"frames": 6}),
        ("checkpoint", "other"),
        ("history", "free-running"),
        ("adapter", "b:C"),
        ("takes_tracks", True),
    ],
)
def test_shards_that_disagree_are_refused(copy, key, value):
    file = copy / "m/sama-bench-g/VidSTG_5/manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {key: value}))
    with pytest.raises(IncompleteError, match=f"{key} is .* VidSTG_5"):
        merge(root=copy, tools=TOOLS)


@pytest.mark.parametrize("key", ["shards", "data", "benchmark_options", "card"])
def test_a_manifest_of_another_form_is_refused(copy, key):
    file = copy / "m/sama-bench-g/VidSTG_5/manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {key: 3}))
    with pytest.raises(UserError, match=rf"manifest\.json: '{key}' is not a"):
        merge(root=copy, tools=TOOLS)


def test_data_that_changed_are_refused(copy, data, tmp_path):
    changed = tmp_path / "data"
    shutil.copytree(data, changed)
    (changed / "mevis.json").write_text((changed / "mevis.json").read_text() + " ")
    with pytest.raises(UserError, match=r"mevis\.json changed"):
        merge(root=copy, data=changed, tools=TOOLS)


def test_the_later_of_two_lines_counts_and_is_said(copy):
    file = copy / "m/sama-bench-g/mevis/predictions.jsonl"
    first = json.loads(file.read_text().splitlines()[0])
    with file.open("a") as lines:
        lines.write(json.dumps(first | {"status": "failed", "error": "boom"}) + "\n")
    (result,) = merge([file.parent], copy, tools=TOOLS)
    assert any("several lines" in line for line in result.problems)
    assert result.scores.coverage["strict"].failed == 1


def test_the_command(copy, tmp_path):
    runner = CliRunner()
    arguments = ["merge", "--runs", str(copy), "--no-captions", "--phrases", "token-overlap"]
    done = runner.invoke(build(), [*arguments, "--json", str(tmp_path / "s.json")])
    assert done.exit_code == 0, done.output
    assert "mIoU" in done.output
    rows = json.loads((tmp_path / "s.json").read_text())["scores"]
    assert {
        "model",
        "benchmark",
        "split",
        "protocol",
        "metric",
        "value",
        "samples",
        "videos",
        "coverage",
        "variant",
        "history",
        "takes_tracks",
    } <= set(rows[0])
    for name in ("table.md", "table.csv", "table.tex", "table.json"):
        assert (copy / name).stat().st_size > 0


def test_scores_that_cannot_be_written_are_shown_first(copy, tmp_path, capsys):
    shutil.rmtree(copy / "m/sama-bench-g/all", ignore_errors=True)
    (copy / "m/sama-bench-g/all/scores.json").mkdir(parents=True)  # in the way
    (tmp_path / "out").write_text("")
    arguments = ["merge", "--runs", str(copy), "--no-captions", "--phrases", "token-overlap"]

    def wrong(*more):
        with pytest.raises(SystemExit) as end:
            cli.main([*arguments, *map(str, more)])
        said = capsys.readouterr()
        assert end.value.code == 2
        assert "mIoU" in said.out
        return said.err.splitlines()[-1]

    last = wrong("--json", tmp_path / "kept.json")
    assert "all/scores.json cannot be written: " in last
    assert "--json FILE" in last
    assert "--runs" not in last
    assert "more not written" not in last
    assert (copy / "table.md").is_file()
    assert json.loads((tmp_path / "kept.json").read_text())["scores"]
    assert "(and 1 more not written)" in wrong("--out", tmp_path / "out" / "below")
    (copy / "m/sama-bench-g/all/scores.json").rmdir()
    assert "table.md cannot be written" in wrong("--out", tmp_path / "out" / "below")
    assert (copy / "m/sama-bench-g/all/scores.json").is_file()
    nothing = Result("m", "b", "s", Manifest(), Scores({}, (), (), ()))
    with pytest.raises(UserError, match=r"a/scores\.json cannot be written"):
        nothing.write(tmp_path / "out/a/scores.json")


def test_nothing_to_merge(tmp_path):
    with pytest.raises(UserError, match="no run"):
        merge(root=tmp_path / "none")
    with pytest.raises(UserError, match="no run"):
        merge(root=tmp_path)
