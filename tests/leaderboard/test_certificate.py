import pytest
from msgspec import convert

from sama_bench.benchmark import Coverage
from sama_bench.leaderboard.certificate import certify
from sama_bench.leaderboard.entry import BoardEntry
from sama_bench.leaderboard.entry_file import EntryFile, EntryRow, Provenance
from sama_bench.leaderboard.published import figures
from sama_bench.leaderboard.rows import entry_rows, published_rows, select

FIGURES = figures()


def row(model, benchmark, split, metric, value, **more):
    base = {"protocol": "released", "samples": 10, "videos": 5, "coverage": 1.0}
    named = {"model": model, "benchmark": benchmark, "split": split, "metric": metric}
    return {**named, **base, "value": value, **more}


def entry(model, *rows, card=None):
    file = EntryFile(
        kind="run",
        model=model,
        benchmark=rows[0]["benchmark"],
        split=rows[0]["split"],
        complete=True,
        coverage={"released": Coverage(10, 10, 0, 0, 0)},
        scores=convert(rows, list[EntryRow]),
        videos={},
        provenance=Provenance(card=card or {}),
    )
    return BoardEntry(file)


def verdicts(certificate):
    return {(line.figure.source.name, line.verdict) for line in certificate.lines}


@pytest.mark.parametrize(
    ("value", "verdict", "reproduced"),
    [
        (0.5004, "equal as printed", True),
        (0.5006, "within tolerance", True),
        (0.4951, "within tolerance", True),
        (0.4949, "outside", False),
    ],
)
def test_the_verdict_by_hand(value, verdict, reproduced):
    own = entry(
        "Sa2VA-8B (trained on Ref-SAV)",
        row("Sa2VA-8B (trained on Ref-SAV)", "ref-sav", "valid:overall", "j_and_f", value),
    )
    certificate = certify(own, FIGURES)
    assert verdicts(certificate) == {("sa2va-table-5", verdict)}
    assert certificate.reproduced is reproduced
    assert certificate.lines[0].difference == pytest.approx(value - 0.5)


def test_the_published_name_can_be_given_and_case_does_not_matter():
    own = entry("my-sa2va", row("my-sa2va", "mevis", "valid_u", "j_and_f", 0.57))
    assert certify(own, FIGURES).reproduced is None
    assert len(certify(own, FIGURES, model="sa2va-8b").lines) == 4


def test_one_of_contradicting_sources_will_do_and_is_pointed_out():
    own = entry("Sa2VA-8B", row("Sa2VA-8B", "mevis", "valid_u", "j_and_f", 0.5701))
    certificate = certify(own, FIGURES)
    assert ("sa2va-table-2", "equal as printed") in verdicts(certificate)
    assert ("sa2va-summary-page", "outside") in verdicts(certificate)
    assert certificate.reproduced is True
    remarks = certificate.lines[0].remarks
    assert "the source names no split; the entry is of valid_u" in remarks
    assert "another source prints another figure" in remarks


def test_a_row_that_breaks_its_own_arithmetic_is_no_target():
    own = entry(
        "VISA (zero-shot)", row("VISA (zero-shot)", "ref-sav", "valid:short", "j_and_f", 0.2)
    )
    certificate = certify(own, FIGURES)
    assert certificate.lines[0].verdict == "outside"
    assert certificate.reproduced is None


@pytest.mark.parametrize("change", [{"variant": "a stand-in"}, {"coverage": 0.99}, {"value": None}])
def test_numbers_that_are_not_comparable_prove_nothing(change):
    number = row("LMPM", "mevis", "valid", "j_and_f", 0.3721)
    certificate = certify(entry("LMPM", {**number, **change}), FIGURES)
    assert {line.verdict for line in certificate.lines} == {"not comparable"}
    assert certificate.reproduced is None


def test_other_splits_and_gains_are_left_out():
    own = entry("LMPM", row("LMPM", "mevis", "valid", "j_and_f", 0.3721))
    assert [line.figure.split for line in certify(own, FIGURES).lines] == ["valid"]


def test_strict_numbers_are_shown_but_do_not_decide():
    number = row("LMPM", "mevis", "valid", "j_and_f", 0.3721)
    own = entry("LMPM", number, {**number, "protocol": "strict", "value": 0.1})
    certificate = certify(own, FIGURES)
    assert [line.verdict for line in certificate.lines] == ["equal as printed", "outside"]
    assert certificate.reproduced is True


def test_settings_that_may_explain_a_difference():
    own = entry(
        "Sa2VA-8B",
        row("Sa2VA-8B", "mevis", "valid_u", "j_and_f", 0.5),
        card={"frames": "5 uniform", "generation": "greedy"},
    )
    certificate = certify(own, FIGURES)
    assert certificate.card == [("frames", "first 5 of the video", "5 uniform")]
    assert "frame_size" in [key for key, _ in certificate.unstated]
    same = entry("Sa2VA-8B", own.rows[0], card={"frames": "first 5 of the video"})
    assert certify(same, FIGURES).card == []


def test_the_published_value_may_lie_in_the_interval():
    own = entry("LMPM", row("LMPM", "mevis", "valid", "j_and_f", 0.4, low=0.36, high=0.44))
    (line,) = certify(own, FIGURES).lines
    assert (line.inside, line.verdict) == (True, "outside")


def test_published_scores_become_rows_and_sizes_and_gains_do_not():
    rows = published_rows(FIGURES)
    assert not [r for r in rows if r["metric"] in ("videos", "fps", "hours")]
    mevis = select(rows, benchmarks=["mevis"], models=["sa2va-8b"])
    assert {round(r["value"], 4) for r in mevis} == {0.57, 0.469, 0.515}
    assert all("another source" in r["note"] for r in mevis)
    broken = select(rows, benchmarks=["ref-sav"], models=["VISA (zero-shot)"])
    assert {r["unranked"] for r in broken} == {True}


def test_parts_are_chosen_by_group_and_attribute():
    rows = entry_rows(
        [
            entry(
                "m",
                row("m", "sama-bench-g", "all", "miou", 0.5),
                row("m", "sama-bench-g", "all:VidSTG", "miou", 0.4),
                row("m", "sama-bench-g", "all|turn=1", "miou", 0.6),
                row("m", "ref-sav", "valid:overall", "j", 0.6),
            )
        ]
    )
    splits = {by: [r["split"] for r in select(rows, by=by)] for by in (None, "group", "turn")}
    assert splits[None] == ["all", "valid:overall"]
    assert splits["group"] == ["all:VidSTG", "valid:overall"]
    assert splits["turn"] == ["all|turn=1"]
