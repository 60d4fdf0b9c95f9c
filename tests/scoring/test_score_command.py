import json

import pytest

from sama_bench import cli
from sama_bench.judge.settings import JudgeSettings
from sama_bench.metric import Reply
from sama_bench.metrics._judged.clair_judge import ClairJudge
from sama_bench.scoring.answers import score
from sama_bench.scoring.score import standard_tools
from sama_bench.splits.ref_sav import RefSav
from tests.formats.test_formats import write_lines, write_results
from tests.shared import shared
from tests.splits.referring_data import guess, write_referring


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SAMA_BENCH_DATA", raising=False)


@pytest.fixture
def made(tmp_path):
    """A small Ref-SAV and answers to it as a results.json."""
    folder = write_referring(tmp_path / "data")
    dataset = RefSav().open(folder, "valid", {})
    masklets = {entry.id: guess(number) for number, entry in enumerate(dataset.entries)}
    return folder, dataset, masklets, write_results(tmp_path / "r.json", dataset, masklets)


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        cli.main(["score", *map(str, arguments)])
    said = capsys.readouterr()
    return end.value.code, said.out, said.err


def test_real_answers_by_command(tmp_path, capsys):
    folder = shared("data", "ref_sav_real")
    out = tmp_path / "s.json"
    status, text, err = run(
        capsys, "--benchmark", "ref-sav", "--data", folder, "--predictions",
        folder / "results_sam3.json", "--protocol", "released", "--json", out,
    )  # fmt: skip
    assert status == 0
    assert "8 answers" in err
    assert "Ref-SAV" in text
    rows = json.loads(out.read_text())["scores"]
    values = {(row["split"], row["metric"]): row["value"] for row in rows}
    expected = json.loads((folder / "expected_reference.json").read_text())
    for group in ("long", "short", "overall"):
        for column, metric in {"J": "j", "F": "f", "JF": "j_and_f", "A": "accuracy"}.items():
            assert round(100 * values[f"valid:{group}", metric], 10) == expected[group][column]
    assert {row["model"] for row in rows} == {"results_sam3"}


def test_incomplete_answers(made, tmp_path, capsys):
    folder, _, masklets, _ = made
    del masklets["vid_a/0"]
    lines = write_lines(tmp_path / "few.jsonl", masklets)
    asked = ("--benchmark", "ref-sav", "--data", folder, "--predictions", lines)
    status, text, err = run(capsys, *asked, "--model", "mine")
    assert status == 1
    assert "1 samples without one (first vid_a/0)" in err
    assert "n/a" in text
    assert "mine" in text
    status, _, err = run(capsys, *asked, "--protocol", "released")
    assert status == 2
    assert "1 expressions have no usable answer" in err
    status, text, _ = run(capsys, *asked, "--protocol", "released", "--option", "missing=drop")
    assert status == 1
    assert "n/a" not in text


def test_explain(made, capsys):
    folder, dataset, _, results = made
    perfect = {e.id: dataset.reference(e.id, "strict").masklets[0] for e in dataset.entries}
    write_results(results, dataset, perfect)
    status, text, _ = run(
        capsys, "--benchmark", "ref-sav", "--data", folder, "--predictions", results, "--explain"
    )
    assert status == 0
    assert "Q38: overlapping instances" in text
    assert "accuracy" in text.split("Q38")[1].split("Q39")[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name run folders"),
        (["none"], "none is no run folder"),
        (["--predictions", "x"], "--predictions needs --benchmark"),
        (["--benchmark", "ref-sav"], "name run folders"),
        (["run", "--benchmark", "ref-sav"], "--benchmark goes with --predictions"),
        (["--benchmark", "ref-sac", "--predictions", "x"], "did you mean ref-sav"),
        (["--benchmark", "ref-sav", "--split", "vald", "--predictions", "x"], "did you mean valid"),
        (["--benchmark", "ref-sav", "--predictions", "x"], "give --data DIR"),
        (["--judge-cache", "x"], "need --judge-model"),
    ],
)
def test_wrong_requests_are_one_line(arguments, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert says in err
    assert err.count("\n") == 1


def test_unknown_options_and_files(made, capsys):
    folder, _, _, results = made
    asked = ("--benchmark", "ref-sav", "--data", folder)
    status, _, err = run(capsys, *asked, "--predictions", results, "--option", "mising=drop")
    assert (status, "did you mean missing" in err) == (2, True)
    status, _, err = run(capsys, *asked, "--predictions", folder / "none.json")
    assert (status, "no such file" in err) == (2, True)


def test_scores_that_cannot_be_written_are_shown_first(made, tmp_path, capsys):
    folder = tmp_path / "runs/static/ref-sav/valid"
    (folder / "scores.json").mkdir(parents=True)  # in the way
    commands = (
        ["run", "--model", "static", "--benchmark", "ref-sav", "--data", made[0], "--runs",
         tmp_path / "runs"],
        ["score", folder],
    )  # fmt: skip
    for command in commands:
        with pytest.raises(SystemExit) as end:
            cli.main([*map(str, command), "--json", str(tmp_path / "kept.json")])
        said = capsys.readouterr()
        assert end.value.code == 2
        assert "static" in said.out
        assert f"{folder}/scores.json cannot be written: " in said.err.splitlines()[-1]
        assert "--runs" not in said.err.splitlines()[-1]
        assert json.loads((tmp_path / "kept.json").read_text())["scores"]
    (folder / "scores.json").rmdir()
    assert run(capsys, folder)[0] == 0
    assert json.loads((folder / "scores.json").read_text())["split"] == "valid"


def test_as_a_function(made):
    folder, _, _, results = made
    (result,) = score(
        benchmark="ref-sav", predictions=results, data=folder, tools=standard_tools(captions=False)
    )
    assert result.covered
    assert not result.complete  # 2 of 1147 videos
    assert {row["split"] for row in result.rows()} == {
        "valid", "valid:long", "valid:short", "valid:overall",
    }  # fmt: skip


class Scripted:
    """A judge that says what the test wrote."""

    def __init__(self, replies):
        self.script, self.attempts = replies, []
        self.settings = JudgeSettings("test")

    def replies(self, requests):
        self.attempts.append([request.attempt for request in requests])
        return [self.script.pop(0) for _ in requests]


def test_the_judge_asks_again_only_where_the_released_code_does():
    judge = ClairJudge(None)
    judge.judge = Scripted(
        [
            Reply("answered", '{"score": 85}'),
            Reply("answered", "I cannot say"),
            Reply("failed", error="time-out"),
            Reply("answered", '{"score": 40}'),
        ]
    )
    texts = {"a": ("x", "y"), "b": ("x", "z"), "c": ("q", "z")}
    found = judge(texts, "released")
    assert judge.judge.attempts == [[1, 1, 1], [2]]
    assert [found[id].score for id in "abc"] == [0.85, 0.4, None]
    assert found["c"].cause == "time-out"


def test_a_strict_judgement_that_cannot_be_read_is_missing():
    judge = ClairJudge(None)
    judge.judge = Scripted(
        [Reply("answered", "85"), Reply("refused"), Reply("answered", '{"score": 5}')]
    )
    found = judge({"a": ("x", "y"), "b": ("x", "z"), "c": ("q", "z")}, "strict")
    assert [found[id].score for id in "abc"] == [None, None, 0.05]
