"""A quirk is declared once, in the file that reproduces it, and printed by one translator."""

import ast
import re
from pathlib import Path

import pytest

from sama_bench import registry
from sama_bench.benchmark import Tools
from sama_bench.errors import UserError
from sama_bench.metric import Quirk
from sama_bench.metrics import grounding

ROOT = Path(__file__).parents[2]
BARE = re.compile(r"\bQ\d+\b")


def test_every_quirk_is_complete_and_named_once():
    found = registry.quirks()
    assert [quirk.number for quirk in found] == sorted({quirk.number for quirk in found})
    assert len({quirk.name for quirk in found}) == len(found) > 25
    known = {item.name for item in registry.metrics()}
    for quirk in found:
        assert quirk.about, quirk
        assert quirk.section, quirk
        assert re.fullmatch("[a-z0-9_]+", quirk.name), quirk
        assert set(quirk.metrics) <= known, quirk


def test_what_a_benchmark_can_switch_off_touches_its_metrics():
    for benchmark in registry.benchmarks().values():
        for quirk in benchmark.quirks:
            assert isinstance(quirk, Quirk)
            assert set(quirk.metrics) & set(benchmark.metrics), (benchmark.name, quirk)


def test_two_of_one_number_are_refused(monkeypatch):
    class Other:
        QUIRKS = (Quirk(17, "another", "something else"),)

    modules = (*registry.metric_modules(), Other)
    monkeypatch.setattr(registry, "metric_modules", lambda: modules)
    with pytest.raises(UserError, match=r"two quirks have the number 17: cropped and another"):
        registry.quirks()


def test_a_number_says_which_quirk_is_meant():
    assert str(grounding.CROPPED) == "Q17"
    assert grounding.RELEASED - {17} == grounding.RELEASED - {grounding.CROPPED}
    assert len(grounding.RELEASED - {grounding.CROPPED}) == len(grounding.RELEASED) - 1
    assert Tools(quirks=grounding.RELEASED).quirks is not None


def test_no_number_stands_bare_in_the_code():
    """Neither in texts nor in comments: a reader of the code follows a name to its declaration."""
    folders = [ROOT / name for name in ("sama_bench", "metrics", "splits", "adapters")]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    bare = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in files
        if file.suffix in (".py", ".js", ".html")
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if BARE.search(line) and file.name != "quirk.py"
    ]
    assert bare == []


def test_a_set_of_quirks_is_asked_by_name():
    """``17 in quirks`` tells nobody what is meant."""
    asked = []
    for folder in ("metrics", "splits"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
                    left, right = node.left, ast.unparse(node.comparators[0])
                    if isinstance(left, ast.Constant) and "quirks" in right:
                        asked.append(f"{file.name}:{node.lineno}")
    assert asked == []
