import json
import re

import pytest

from sama_bench.leaderboard import published
from sama_bench.leaderboard.schema import SchemaError

FIGURES = published.figures()


def value(model, benchmark, metric, source, split=None, variant=None):
    found = [
        f.value
        for f in FIGURES
        if (f.model, f.benchmark, f.metric, f.split, f.variant, f.source.name, f.relative_to)
        == (model, benchmark, metric, split, variant, source, None)
    ]
    assert len(found) == 1, found
    return found[0]


def contradictions():
    """Figures that differ although they are about the same thing, by what they are about."""
    groups = {}
    for figure in FIGURES:
        groups.setdefault(figure.key, []).append(figure)
    return {key: group for key, group in groups.items() if len({f.value for f in group}) > 1}


def test_every_file_passes_the_schema_and_no_figure_is_printed_twice_in_one_table():
    assert len(FIGURES) > 500
    keys = [(f.source.name, f.key) for f in FIGURES]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("expected", "where"),
    [
        (57.0, ("Sa2VA-8B", "mevis", "j_and_f", "sa2va-table-2")),
        (46.9, ("Sa2VA-8B", "mevis", "j_and_f", "sa2va-summary-page")),
        (51.5, ("Sa2VA-8B", "mevis", "j_and_f", "sa2va-i-readme")),
        (63.2, ("Sa2VA-i-26B", "mevis", "j_and_f", "sa2va-i-readme")),
        (578.0, ("Sa2VA-8B", "mme", "cognition", "sa2va-table-4")),
        (28.9, ("GLaMM-7B", "gcg", "unnamed", "sa2va-table-2")),
        (41.2, ("Sa2VA-8B", "ref-sav", "j_and_f", "sa2va-table-5", "valid:short")),
        (40.23, ("LMPM", "mevis", "j_and_f", "mevis-readme", "valid_u")),
        (17.3, ("Sa2VA-4B", "region-captions", "meteor", "sa2va-summary-page", "refcocog")),
        (76.7, ("Sa2VA-4B", "refcocog", "ciou", "sa2va-table-4")),
    ],
)
def test_figures_picked_by_hand(expected, where):
    variant = "trained on Ref-SAV" if "sa2va-table-5" in where else None
    assert value(*where, variant=variant) == expected


def test_contradictions_are_flagged_and_nothing_else_is():
    contradicted = {id(f) for group in contradictions().values() for f in group}
    flagged = {id(f) for f in FIGURES if "contradicted" in f.flags}
    assert contradicted == flagged


def test_the_mevis_figures_of_sa2va_8b_stay_side_by_side():
    groups = contradictions()
    key = ("Sa2VA-8B", None, "mevis", None, "j_and_f", None, "percent")
    assert {f.value for f in groups[key]} == {57.0, 46.9, 51.5}


def ref_sav_rows():
    rows = {}
    for f in FIGURES:
        if f.benchmark == "ref-sav" and f.unit == "percent" and "table" in f.source.name:
            group = f.split.split(":")[1]
            row = rows.setdefault((f.source.name, f.model, f.variant), {})
            row[group, f.metric] = f
    return rows


def consistent(row):
    values = {key: f.value for key, f in row.items()}
    groups, metrics = ("long", "short", "overall"), ("j", "f", "j_and_f")
    # every figure is rounded to 0.1: a mean of two is off by 0.05 + 0.05 at most
    halves = all(
        abs((values[g, "j"] + values[g, "f"]) / 2 - values[g, "j_and_f"]) < 0.1001 for g in groups
    )
    means = all(
        abs((values["long", m] + values["short", m]) / 2 - values["overall", m]) < 0.1001
        for m in metrics
    )
    return halves and means


def test_ref_sav_rows_obey_their_arithmetic_exactly_where_they_are_not_flagged():
    rows = ref_sav_rows()
    assert len(rows) == 8
    for row in rows.values():
        flagged = {"inconsistent" in f.flags for f in row.values()}
        assert flagged == {not consistent(row)}
    broken = {model for (_, model, _), row in rows.items() if not consistent(row)}
    assert broken == {"MeViS", "VISA"}


def test_mme_totals_are_the_sums_of_their_parts():
    for source, table in (
        ("sa2va-section-4.1", "sa2va-table-2"),
        ("sa2va-summary-page", "sa2va-summary-page"),
    ):
        parts = [value("Sa2VA-8B", "mme", part, table) for part in ("perception", "cognition")]
        assert value("Sa2VA-8B", "mme", "total", source) == sum(parts)


def test_mevis_j_and_f_is_the_mean_of_j_and_f_where_it_is_not_flagged():
    for split, flags in (("valid_u", ("inconsistent",)), ("valid", ())):
        row = {f.metric: f for f in FIGURES if f.source.name == "mevis-readme" and f.split == split}
        mean = (row["j"].value + row["f"].value) / 2
        assert (abs(mean - row["j_and_f"].value) > 0.0101) == bool(flags)
        assert {f.flags for f in row.values()} == {flags}


def test_gains_follow_from_the_figures_they_compare():
    table = {
        (f.model, f.benchmark, f.metric): f.value
        for f in FIGURES
        if f.source.name == "sa2va-table-2"
    }
    gains = [
        f for f in FIGURES if f.relative_to in ("GLaMM-7B", "VISA-13B") and "4.1" in f.source.name
    ]
    assert len(gains) == 6
    for gain in gains:
        other = table[gain.relative_to, gain.benchmark, gain.metric]
        own = table[gain.model, gain.benchmark, gain.metric]
        assert own - other == pytest.approx(gain.value, abs=1e-9)


def test_natural_units():
    percent = next(f for f in FIGURES if f.unit == "percent" and f.value == 57.0)
    assert percent.natural == pytest.approx(0.57)
    points = next(f for f in FIGURES if f.benchmark == "mme")
    assert points.natural == points.value


def broken(change):
    row = {
        "model": "m",
        "variant": None,
        "benchmark": "b",
        "split": None,
        "metric": "j",
        "value": 1.0,
        "unit": "percent",
        "relative_to": None,
        "protocol": "published",
        "flags": [],
        "note": None,
    }
    row.update(change)
    source = {"document": "d", "table": "t", "url": None}
    return {"schema": 1, "source": source, "conditions": {}, "note": None, "rows": [row]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": "57"}, "got `str` - at `$.rows[0].value`"),
        ({"value": True}, "got `bool` - at `$.rows[0].value`"),
        ({"value": float("nan")}, "not a finite number"),
        ({"unit": "pct"}, "unit 'pct' is none of"),
        ({"flags": ["odd"]}, "flag 'odd' is none of"),
        ({"extra": 1}, "unknown field `extra` - at `$.rows[0]`"),
    ],
)
def test_a_broken_row_is_named(tmp_path, change, message):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(broken(change)))
    with pytest.raises(SchemaError, match=re.escape(message)):
        published.read(path)


def test_a_file_that_is_not_json_is_named(tmp_path):
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(SchemaError, match=r"x\.json is not JSON"):
        published.figures(tmp_path)
