"""A metric and a benchmark of another package look everywhere as one of this repository does."""

import json
import re
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sama_bench import registry
from sama_bench.leaderboard import columns
from sama_bench.metric import Metric
from tests.docs.test_docs import python_block
from tests.in_process import call

MODELS = """
from sama_bench.adapter import Adapter
from sama_bench.nouns import Answer

class Short(Adapter):
    tasks = frozenset({"choice"})
    def predict(self, sample):
        return Answer("The cat")

class Long(Short):
    def predict(self, sample):
        return Answer("The cat that sleeps")
"""


def words(prediction, reference):
    return float(len(prediction["text"].split()))


class Point:
    dist = None

    def __init__(self, name, found):
        self.name, self.value, self._found = name, f"outside:{name}", found

    def load(self):
        return self._found


@pytest.fixture
def outside(monkeypatch, tmp_path):
    """The guide's benchmark, and a count that is the better the lower it is."""
    space = {}
    exec(python_block("add-a-benchmark.md", "BENCHMARKS"), space)
    counted = Metric("words", "Words", "of the answer", unit="count", better="lower",
                     resolution=0.5, order=5, reads="texts", per_sample=words)  # fmt: skip
    module = types.ModuleType("outside")
    module.METRICS = (counted,)
    points = {
        "sama_bench.benchmarks": [Point("first-words", space["BENCHMARKS"][0])],
        "sama_bench.metrics": [Point("words", module)],
    }
    monkeypatch.setattr(registry.outside, "entry_points", lambda group: points.get(group, []))
    cached = [f for f in vars(registry).values() if hasattr(f, "cache_clear")] + [columns.known]
    for one in cached:
        one.cache_clear()
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    for number in range(3):
        Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(f"data/{number}.png")
    items = [
        {"id": str(n), "image": f"{n}.png", "question": "what?", "answer": "The"} for n in range(3)
    ]
    Path("data/questions.json").write_text(json.dumps(items))
    Path("models.py").write_text(MODELS)
    yield
    for one in cached:
        one.cache_clear()


def test_terminal_files_report_and_leaderboard(outside, capfd):
    for model in ("Short", "Long"):
        done = call(capfd, "run", "--model", f"models.py:{model}", "--benchmark", "first-words",
                    "--data", "data", "--devices", "cpu")  # fmt: skip
        assert done.returncode == 0, done.stderr
    short, long = (f"runs/{name}/first-words/test" for name in ("short", "long"))
    merged = call(capfd, "merge", short, long, "--data", "data", "--out", "out")
    assert merged.returncode == 0, merged.stderr
    lines = merged.stdout.splitlines()
    cells = re.sub(r"\x1b\[\d*m", "", next(line for line in lines if line.startswith("short")))
    assert "First words, shares in percent" in merged.stdout
    assert dict(zip(lines[1].split(), cells.split(), strict=True))["Words"] == "2"
    assert "First words" in Path("out/table.tex").read_text()
    assert "short,first-words,test,released,words,2.0" in Path("out/table.csv").read_text()

    compared = call(capfd, "compare", short, long)
    assert re.search(r"Words +2(\.0)? +4(\.0)? +-2(\.0)?", compared.stdout), compared.stdout

    for run in (short, long):
        added = call(capfd, "leaderboard", "add", run, "--to", "entries")
        assert added.returncode == 0, added.stderr
    board = ("leaderboard", "table", "--entries", "entries", "--no-published")
    assert re.search(r"short .* 2.0 \[2.0, 2.0\]", call(capfd, *board).stdout)
    assert r"\textbf{2" in call(capfd, *board, "--format", "latex").stdout
    assert ",words,2.0" in call(capfd, *board, "--format", "csv").stdout
    grand = call(capfd, *board, "--grand").stdout
    assert "First words" in grand

    page = call(capfd, "leaderboard", "page", "--entries", "entries", "--out", "page")
    assert page.returncode == 0, page.stderr
    shown = embedded(Path("page/index.html"))
    about = shown["metrics"]["words"]
    assert (about["name"], about["unit"], about["better"], about["scale"]) == (
        "Words", "count", "lower", 1.0,
    )  # fmt: skip
    assert shown["benchmarks"]["first-words"] == "First words"

    report = call(capfd, "report", short, long, "--data", "data", "--out", "report")
    assert report.returncode == 0, report.stderr
    seen = "".join(path.read_text() for path in Path("report").rglob("*.js"))
    seen += "".join(path.read_text() for path in Path("report").rglob("*.html"))
    assert '"title": "Words"' in seen or '"title":"Words"' in seen
    assert "First words" in seen


def embedded(path):
    found = re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', path.read_text(), re.DOTALL)
    return json.loads(found.group(1))
