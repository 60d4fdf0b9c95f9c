"""What is wrong with another package is one line, and stops nothing of the others."""

from __future__ import annotations

import itertools

import pytest

from sama_bench import registry
from sama_bench.errors import UserError
from sama_bench.registry import outside
from tests.in_process import call

MODEL = """
class Mine:
    def predict(self, sample): ...
"""
CACHED = ("models", "benchmarks", "_benchmarks", "metrics", "_metrics", "catalogue",
          "metric_modules", "_own_metric_modules", "_outside_metric_modules")  # fmt: skip
_NUMBER = itertools.count()


@pytest.fixture
def forget():
    def clear():
        for name in CACHED:
            getattr(registry, name).cache_clear()
        outside.say.cache_clear()

    clear()
    yield clear
    clear()


@pytest.fixture
def install(tmp_path, monkeypatch, forget):
    """Put a package with entry points of one group on the path, as an installer does."""

    def put(code, points, group="models"):
        name = f"outside{next(_NUMBER)}"
        site = tmp_path / name
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{name}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        text = f"[sama_bench.{group}]\n{points.replace('MODULE', name)}\n"
        (info / "entry_points.txt").write_text(text)
        monkeypatch.syspath_prepend(site)
        forget()
        return name

    return put


def said(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if "outside" in line]


@pytest.mark.parametrize(
    ("code", "points", "line"),
    [
        ("import no_such_module", "mine = MODULE:Mine", "ModuleNotFoundError: No module named"),
        ("1 +", "mine = MODULE:Mine", "SyntaxError: "),
        ("import sys; sys.exit('go\\naway')", "mine = MODULE:Mine", "SystemExit: go away;"),
        ("raise BaseException('\\x1b[31mred')", "mine = MODULE:Mine", "BaseException: ?[31mred"),
        ("", "mine = MODULE:Mine", "has no attribute 'Mine'"),
        ("", "mine = not a module", "left out: "),
        ("Mine = 3", "mine = MODULE:Mine", "neither a ModelSpec nor a class with predict"),
        (MODEL, "flow = MODULE:Mine", "there is a model 'flow' already"),
        ("print('hello')" + MODEL, "mine = MODULE:Mine", "prints when it is imported: hello"),
    ],
)
def test_a_broken_entry_point_is_one_line(install, capsys, code, points, line):
    name = install(code, points)
    models = registry.models()
    assert models["flow"].adapter == "sama_bench.adapters.flow:Flow"
    assert ("mine" in models) == ("prints" in line)
    (found,) = said(capsys)
    assert found.startswith(f"sama-bench: {name}, entry point ")
    assert line in found
    registry.models()
    assert said(capsys) == [], "once"


def test_the_good_ones_stay_and_the_first_of_two_names_counts(install, capsys):
    install(MODEL, "mine = MODULE:Mine\nbroken = MODULE:Other")
    install(MODEL, "mine = MODULE:Mine")
    assert "mine" in registry.models()
    lines = said(capsys)
    assert len(lines) == 2
    assert "there is a model 'mine' already" in lines[1]


def test_a_list_that_cannot_be_read_hides_no_other(install, capsys):
    install(MODEL, "mine = MODULE:Mine")
    broken = install(MODEL, "a line without an equals sign")
    assert "mine" in registry.models()
    assert registry.benchmarks()
    (found,) = said(capsys)
    assert found.startswith(f"sama-bench: {broken}, its entry points cannot be read: ")


def test_a_slow_one_is_told(install, capsys, monkeypatch):
    install(MODEL, "mine = MODULE:Mine")
    clock = itertools.count(step=7)
    monkeypatch.setattr(outside.time, "monotonic", lambda: float(next(clock)))
    assert "mine" in registry.models()
    assert "took 7 s to import; its heavy imports belong into load()" in said(capsys)[0]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("Mine = 3", "no instance of sama_bench.benchmark.Benchmark"),
        ("from sama_bench.splits.mevis import Mevis\nMine = Mevis()", "a benchmark 'mevis' alr"),
        ("from sama_bench.splits.mevis import Mevis as Mine", "no instance of"),
    ],
)
def test_benchmarks_too(install, capsys, code, line):
    install(code, "mine = MODULE:Mine", "benchmarks")
    assert "mevis" in registry.benchmarks()
    assert line in said(capsys)[0]


METRIC = """
from sama_bench.metric import Metric
METRICS = (Metric("NAME", "Mine", unit="count", definition="words", per_sample="WHERE"),)
"""


def metric(name, where="builtins:len"):
    return METRIC.replace("NAME", name).replace("WHERE", where)


def test_metrics_too(install, capsys):
    install("import no_such_module", "mine = MODULE", "metrics")
    install("METRICS = ({'name': 'old'},)", "mine = MODULE", "metrics")
    install("METRICS = 3", "mine = MODULE", "metrics")
    install(metric("mine"), "mine = MODULE", "metrics")
    install(metric("mine", "builtins:max"), "mine = MODULE", "metrics")
    install(metric("j"), "mine = MODULE", "metrics")
    install(metric("other", "no_such_module:f"), "mine = MODULE", "metrics")
    names = [item.name for item in registry.metrics()]
    assert (names.count("mine"), names.count("j"), "other" in names) == (1, 1, True)
    functions = registry.per_sample_metrics()
    assert functions["mine"] is len
    assert "other" not in functions
    lines = said(capsys)
    for line, words in zip(lines, [
        "ModuleNotFoundError",
        "left out: UserError: outside",
        "left out: TypeError: 'int' object is not iterable",
        "there is a metric 'mine' already",
        "there is a metric 'j' already",
        "metric other left out: ModuleNotFoundError",
    ], strict=True):  # fmt: skip
        assert words in line


BENCHMARK = """
from sama_bench.splits.mevis import Mevis
class Other(Mevis):
    name = "other"
    further_metrics = WHAT
Mine = Other()
"""


@pytest.mark.parametrize("what", ["3", "'no_such_module:METRICS'", "({'name': 'old'},)"])
def test_metrics_of_benchmarks_too(install, capsys, what):
    install(BENCHMARK.replace("WHAT", what), "mine = MODULE:Mine", "benchmarks")
    assert "j" in {item.name for item in registry.catalogue().metrics()}
    assert "other" in registry.benchmarks()
    (line,) = said(capsys)
    assert "its further metrics left out: " in line


def test_a_metric_of_a_benchmark_here_goes_before_one_of_another_package(install, capsys):
    install("", "mine = MODULE", "metrics")
    own = [item for found in registry.benchmarks().values()
           for item in registry.loaded(found.further_metrics)]  # fmt: skip
    install(metric(own[0].name), "mine = MODULE", "metrics")
    assert own[0] in registry.metrics()
    assert f"there is a metric '{own[0].name}' already" in said(capsys)[0]


def test_ctrl_c_is_heeded(install):
    install("raise KeyboardInterrupt", "mine = MODULE:Mine")
    with pytest.raises(KeyboardInterrupt):
        registry.models()


def test_a_run_of_another_model_starts(install, tmp_path, capfd):
    install("import no_such_module", "mine = MODULE:Mine")
    done = call(capfd, "run", "--model", "flow", "--split", "mini", "--dry-run",
                "--devices", "cpu", "--json", "-")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("{")
    assert sum("no_such_module" in line for line in done.stderr.splitlines()) == 1


def test_two_of_this_repository_are_a_mistake_of_ours(forget, monkeypatch):
    modules = list(registry.content_modules("splits"))
    monkeypatch.setattr(registry, "content_modules", lambda folder: iter([*modules, *modules]))
    with pytest.raises(UserError, match="two benchmarks are called"):
        registry.benchmarks()
