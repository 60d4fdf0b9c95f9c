"""Results, comparisons, entries and published figures as typed pandas frames."""

import pytest

import sama_bench
from sama_bench import tables
from sama_bench.leaderboard.columns import known
from sama_bench.leaderboard.make import entry_of_run
from sama_bench.leaderboard.published import figures
from sama_bench.scoring.scored_run import read_scored_run
from tests.runs import run_command
from tests.scored import random_scores, write

QUICK = ("--no-captions", "--phrases", "token-overlap")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frames")
    run_command("run", "--model", "static", "--benchmark", "ref-sav", "--split", "mini", "--runs",
                str(folder / "runs"), "--devices", "cpu", *QUICK)  # fmt: skip
    return folder / "runs/static/ref-sav/mini"


def test_results_are_typed_frames_with_units(run):
    result = sama_bench.score_run(str(run))
    frame = result.to_frame()
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds["model"] == kinds["metric"] == kinds["unit"] == "string"
    assert (kinds["samples"], kinds["value"]) == ("Int64", "float64")
    assert kinds["takes_tracks"] == "boolean"
    assert frame.attrs["units"]["j_and_f"] == "share"
    assert [row["value"] for row in result.rows()] == frame["value"].tolist()
    assert repr(result).count("\n") == 0
    assert len(repr(result)) < 120
    (merged,) = sama_bench.merge(str(run))
    assert merged.to_frame().equals(frame)
    (again,) = sama_bench.merge([str(run)], data=None)
    assert again.rows() == merged.rows()


def test_tables_are_made_from_frames(run):
    scored = read_scored_run(run)
    rows = [row.tidy() for row in scored.rows]
    for kind in ("terminal", "markdown", "latex"):
        assert tables.render(scored.to_frame(), kind, declared=known()) == tables.render(
            rows, kind, declared=known()
        )
    empty = tables.render(scored.to_frame().iloc[:0], declared=known())
    assert empty == "no scores\n"


def test_what_does_not_exist_is_missing_and_no_zero(run):
    frame = sama_bench.score_run(run).to_frame()
    absent = frame.assign(value=float("nan"))
    assert "n/a" in tables.render(absent, declared=known())
    assert frame["variant"].isna().all()


def test_comparisons_entries_and_figures(run, tmp_path):
    a, b = (write(tmp_path / n, random_scores(i, model=n)) for i, n in enumerate("ab"))
    comparison = sama_bench.compare(str(a), b)
    frame = comparison.to_frame()
    assert set(frame["metric"]) == {"j", "f"}
    assert str(frame.dtypes["difference"]) == "float64"
    assert str(frame.dtypes["sure"]) == "boolean"
    assert len(repr(comparison)) < 120
    entry = entry_of_run(run, resamples=20).to_frame()
    assert {"low", "high", "unit"} <= set(entry.columns)
    published = figures().to_frame()
    assert (published["printed_unit"] == "percent").any()
    row = published[(published["metric"] == "fps") & (published["printed"] > 39)].iloc[0]
    assert (row["value"], row["unit"]) == (row["printed"], "points")
