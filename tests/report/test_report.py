"""What the folder holds, read back from its data files."""

import json
import shutil

import pytest
from click.testing import CliRunner

from sama_bench.cli.report import command
from sama_bench.errors import UserError
from sama_bench.report import parse_filter, write_report
from sama_bench.storage.seal import sealed, unsealed
from tests.report.made import SAMPLES, make_run


def read(report, name):
    text = (report.index.parent / "data" / f"{name}.js").read_text()
    assert "</script" not in text
    assert "<" not in text
    head = f'report.receive("{name}", '
    assert text.startswith(head)
    return json.loads(text[len(head) : -len(");\n")])


def test_every_sample_has_a_page_and_every_video_its_pictures_once(two):
    cards = read(two, "gallery")
    assert len(cards) == two.samples == SAMPLES
    assert {card["n"] for card in cards} == set(range(SAMPLES))
    samples = [read(two, f"samples/{card['n']}") for card in cards]
    folders = {item["frames"]["folder"] for item in samples}
    assert len(folders) == len({item["video"] for item in samples})
    written = list((two.index.parent / "frames").rglob("*.webp"))
    assert len(written) == two.pictures
    assert all(len(item["frames"]["shown"]) <= 12 for item in samples)


def test_each_status_is_itself(two, runs):
    by_id = {card["id"]: card["views"][1] for card in read(two, "gallery")}
    ids = runs[2]
    assert by_id[ids["failed"]]["kinds"] == ["failed"]
    assert by_id[ids["missing"]]["kinds"] == ["missing"]
    assert by_id[ids["refused"]]["kinds"][0] == "refusal"
    assert by_id[ids["failed"]]["value"] is None
    assert by_id[ids["refused"]]["value"] == 0.0


def test_the_parts_of_the_gap_add_up_and_the_weaker_run_is_named(two):
    about = read(two, "overview")
    found = about["attribution"]
    assert about["runs"][found["weaker"]]["name"] == "static"
    assert sum(part["share"] for part in found["parts"]) == pytest.approx(found["gap"])
    assert sum(part["samples"] for part in found["parts"]) == found["samples"]
    assert about["summary"][0].startswith("static is weaker than oracle")
    assert about["runs"][1]["takes_tracks"] is True


def test_scores_are_those_of_the_run_with_intervals(two, runs):
    about = read(two, "overview")
    scored = json.loads((runs[1] / "scores.json").read_text())
    wanted = {
        (r["protocol"], r["metric"]): r["value"] for r in scored["scores"] if r["split"] == "mini"
    }
    shown = {(r["protocol"], r["metric"]): r for r in about["scores"][1]}
    assert {key: row["value"] for key, row in shown.items()} == wanted
    row = shown["strict", "miou"]
    assert row["low"] < row["value"] < row["high"]


def test_quirks_tell_why_the_protocols_differ(two):
    told = 0
    for number in range(SAMPLES):
        for view in read(two, f"samples/{number}")["views"]:
            for item in view["acted"] or []:
                assert item["value"] == view["values"]["released"][item["metric"]]
                assert item["value"] != item["without"]
                told += item["quirk"] == "Q13"
            if view["values"] and "miou" not in view["differing"]:
                one, other = (view["values"][p].get("miou") for p in ("released", "strict"))
                assert one == other
    assert told > 0  # samples without target: 0 under released, no value under strict


def test_filters_and_limits_choose_the_worst(runs, tmp_path):
    made = write_report(
        [runs[1]],
        tmp_path / "r",
        filters=[parse_filter("status=failed")],
        frame_side=64,
        explain=False,
    )
    assert (made.samples, made.fitting, made.total) == (1, 1, SAMPLES)
    made = write_report([runs[1]], tmp_path / "r", max_samples=3, frame_side=64, explain=False)
    assert made.samples == 3  # an earlier report is replaced
    assert [card["views"][0]["kinds"][0] for card in read(made, "gallery")][:2] == [
        "failed",
        "missing",
    ]


def test_descriptions_have_a_report_too(tmp_path):
    run, _ = make_run(tmp_path, "static", "sama-bench-c", spoil=False)
    made = write_report([run], tmp_path / "c", max_samples=4, frame_side=64)
    item = read(made, "samples/0")
    assert item["reference"]["masks"] == []
    assert item["regions"]
    assert item["views"][0]["tracks"] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("drifted", "KEY=PATTERN"),
        ("problem=drift", "did you mean drifted"),
        ("miou<low", "no number"),
    ],
)
def test_a_filter_that_is_none_is_said(text, said):
    with pytest.raises(UserError, match=said):
        parse_filter(text)


def test_mistakes_are_one_line(runs, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(UserError, match="holds other files"):
        write_report([runs[1]], tmp_path / "mine", explain=False)
    assert (tmp_path / "mine" / "thesis.txt").exists()
    with pytest.raises(UserError, match="unknown filter key 'size'"):
        write_report([runs[1]], tmp_path / "x", filters=[parse_filter("size=3")])
    with pytest.raises(UserError, match="no sample fits"):
        write_report([runs[1]], tmp_path / "x", filters=[parse_filter("turn>900")])
    with pytest.raises(UserError, match="score it first"):
        write_report([tmp_path / "mine"], tmp_path / "x")
    with pytest.raises(UserError, match="two side by side, not 3"):
        write_report([runs[0]] * 3, tmp_path / "x")


def test_the_command_says_what_it_wrote(runs, tmp_path):
    made = CliRunner().invoke(
        command,
        [str(runs[1]), "--out", str(tmp_path / "r"), "--filter", "problem=refusal", "--no-explain"],
    )
    assert made.exit_code == 0, made.output
    assert str(tmp_path / "r" / "index.html") in made.output
    assert "1 of 58 samples have a page" in made.output


def test_a_merge_finds_the_answers_of_its_shards(runs, tmp_path):
    scored = unsealed((runs[1] / "scores.json").read_bytes())
    scored["manifest"]["merged_from"] = [str(runs[1])]
    merged = tmp_path / "all"
    merged.mkdir()
    (merged / "scores.json").write_bytes(sealed(json.dumps(scored).encode()))
    made = write_report([merged], tmp_path / "r", max_samples=2, frame_side=64, explain=False)
    assert made.total == SAMPLES


def test_answers_that_came_after_the_scores_are_said(runs, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(runs[1], copy)
    line = json.dumps({"id": runs[2]["missing"], "status": "answered", "text": ""}) + "\n"
    with (copy / "predictions.jsonl").open("a") as file:
        file.write(line)
    with pytest.raises(UserError, match="answered since"):
        write_report([copy], tmp_path / "r")


def test_which_metrics_are_of_texts_is_what_they_declare():
    """No list of names in the report: a metric of another package says it of itself."""
    from sama_bench import registry
    from sama_bench.report.quirks import _of_texts

    texts = {name.name for name in registry.metrics() if name.reads == "texts"}
    assert {"bleu_1", "meteor", "rouge_l", "cider", "spice", "clair"} <= texts
    assert all(map(_of_texts, texts))
    assert not any(map(_of_texts, ("miou", "recall", "j_and_f", "ciou", "abstention_accuracy")))
