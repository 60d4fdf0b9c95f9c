"""The engine names no benchmark and no model: what it has to know of them they declare."""

import ast
import io
import re
import tokenize
from pathlib import Path

import sama_bench
from sama_bench import registry

ENGINE = Path(sama_bench.__file__).parent
CONTENT = {"adapters", "metrics", "splits", "leaderboards"}
PARTS = (
    r"sama[-_]?bench[-_][gc]\b|(?-i:SAMA-Bench)|ref[-_ ]?sav\b|mevis|davis(?!on)|revos|youtube|"
    r"refcoco|(?<![a-z])gcg(?![a-z])|region[-_]captions|vidstg|lv[-_]?vis|valid_u"
)
OPEN = {
    "leaderboard/vlmevalkit/datasets.py": "data sets of another kit, by that kit's names",
}
"""Where names still stand."""


def test_the_engine_names_no_benchmark():
    titles = [re.escape(item.title) for item in registry.benchmarks().values()]
    assert _found(re.compile("|".join([PARTS, *titles]), re.IGNORECASE)) == []


def test_the_engine_names_no_model():
    names = {name for name in registry.models() if re.search(r"[0-9-]", name)}
    pattern = "|".join(rf"\b{re.escape(name)}\b" for name in sorted(names))
    assert _found(re.compile(pattern, re.IGNORECASE)) == []


def _found(pattern):
    """Return where the code of the engine matches, docstrings and help texts passed over."""
    found = []
    for file in sorted(ENGINE.rglob("*")):
        place = file.relative_to(ENGINE)
        if place.parts[0] in CONTENT or str(place) in OPEN or not file.is_file():
            continue
        if pattern.search(str(place)):
            found.append(f"{place}: its name")
        if file.suffix == ".py":
            lines = dict(_code(file.read_text("utf-8")))
        elif file.suffix in (".js", ".html", ".css"):
            lines = dict(enumerate(file.read_text("utf-8").splitlines(), 1))
        else:
            continue
        found += [f"{place}:{at}: {text}" for at, text in lines.items() if pattern.search(text)]
    return found


def _code(source):
    """Yield the number and text of every line, blank where it only documents."""
    said = set()
    for node in ast.walk(ast.parse(source)):
        shown = None
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            shown = node.value if isinstance(node.value.value, str) else None
        elif isinstance(node, ast.keyword) and node.arg in ("help", "short_help", "metavar"):
            shown = node.value
        if shown is not None:
            said.update(range(shown.lineno, shown.end_lineno + 1))
    lines = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.start[0] not in said and token.string.strip():
            lines[token.start[0]] = token.line.strip()
    yield from lines.items()


def test_what_is_counted_or_hashed_once_is_so_everywhere():
    """One counter of statuses, one refusal without answers, one fingerprint of weights."""
    root = ENGINE.parent
    files = [
        file
        for folder in ("sama_bench", "splits", "adapters")
        for file in (root / folder).rglob("*.py")
    ]
    texts = {str(file.relative_to(root)): file.read_text("utf-8") for file in files}
    for pattern, home in (
        (r"def fingerprint\(", "sama_bench/storage/weight_files.py"),
        ("have no usable answer, and the", "splits/_scores/coverage.py"),
        (r"answered=\w+(\.count\(|\[)\"answered\"", "sama_bench/benchmark/scores.py"),
    ):
        homes = {name for name, text in texts.items() if re.search(pattern, text)}
        assert homes == {home}, pattern
