"""Every command in the documentation is one that exists; those that need no download are run."""

import importlib.util
import json
import subprocess
import sys

import click
import pytest
from PIL import Image

from sama_bench.adapters.baselines import Static
from sama_bench.benchmark import Outcome, Tools
from sama_bench.cli import build, main
from sama_bench.runfolder.manifest import Manifest
from sama_bench.scoring import score
from tests.docs.blocks import PAGES, ROOT, blocks, python_block, shell_commands

COMMANDS = shell_commands()


def test_the_documentation_is_read():
    assert len(COMMANDS) > 40
    pages = {page for page, _ in COMMANDS}
    assert {"README.md", "quick-start.md", "clusters.md", "troubleshooting.md"} <= pages


@pytest.mark.parametrize(("page", "arguments"), COMMANDS, ids=lambda v: v if v is str else None)
def test_every_command_exists_with_all_its_options(page, arguments):
    command, names = build(), ["sama-bench"]
    rest = list(arguments)
    while isinstance(command, click.Group):
        assert rest, f"{page}: {' '.join(arguments)} names no command"
        name = rest.pop(0)
        names.append(name)
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"{page}: there is no command {' '.join(names)}"
        command = found
    if rest not in (["--help"], ["-h"]):
        command.make_context(" ".join(names), rest)  # raises on what the command does not know


def runnable(slow):
    pages = []
    for page in PAGES:
        chosen = [b for b in blocks(page) if b.how is not None and b.slow is slow]
        if chosen:
            pages.append(pytest.param(chosen, id=page.name))
    return pages


def run_all(chosen, monkeypatch, folder, capfd):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for block in chosen:
        assert block.commands(), f"{block.page}: a block to run holds no command"
        for arguments in block.commands():
            with pytest.raises(SystemExit) as stopped:
                main([*arguments, *block.extra])
            said = capfd.readouterr()
            where = f"{block.page}: sama-bench {' '.join(arguments)}"
            assert stopped.value.code == block.status, f"{where}\n{said.out}{said.err}"
            assert said.out or said.err


@pytest.mark.parametrize("chosen", runnable(slow=False))
def test_commands_that_need_no_download_run(chosen, monkeypatch, tmp_path, capfd):
    run_all(chosen, monkeypatch, tmp_path, capfd)


@pytest.mark.slow
@pytest.mark.parametrize("chosen", runnable(slow=True))
def test_slow_commands_run(chosen, monkeypatch, tmp_path, capfd):
    run_all(chosen, monkeypatch, tmp_path, capfd)


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_reference_is_up_to_date():
    made = script("generate_commands").page()
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == made, "run python docs/generate_commands.py"


def test_the_pictures_show_what_the_metrics_compute():
    module = script("generate_pictures")
    text = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
    for name, draw in module.PICTURES.items():
        assert (module.IMAGES / name).read_text(encoding="utf-8") == draw(), name
        metric, values = draw().rsplit("<", 2)[0].rsplit(">", 1)[1].split(": ")
        described = text.split(f"](images/{name})")[0].rsplit("![", 1)[1]
        assert described.endswith(values.replace("released", f"released {metric}")), name


def test_the_metric_of_the_guide_joins_every_scoring():
    space = {}
    exec(python_block("add-a-metric.md", "METRICS"), space)
    metric = space["METRICS"][0].per_sample
    assert metric({"text": "a b", "masks": []}, {"text": "a b c d", "masks": []}) == 0.5
    assert metric({"text": "a b", "masks": []}, {"text": None, "masks": []}) is None
    assert space["METRICS"][0].goodness(1.0) > space["METRICS"][0].goodness(2.0)


def test_the_benchmark_of_the_guide_is_listed_asked_and_scored(tmp_path):
    space = {}
    exec(python_block("add-a-benchmark.md", "BENCHMARKS"), space)
    (benchmark,) = space["BENCHMARKS"]
    Image.new("RGB", (8, 6)).save(tmp_path / "a.png")
    items = [
        {"id": str(n), "image": image, "question": "what?", "answer": word}
        for n, (image, word) in enumerate([("a.png", "The"), ("a.png", "cat"), ("no.png", "x")])
    ]
    (tmp_path / "questions.json").write_text(json.dumps(items))
    dataset = benchmark.open(tmp_path, "test", {})
    assert [finding.kind for finding in dataset.findings()] == ["missing_frame"]

    def answers(id):
        return Outcome("missing") if id == "2" else Outcome("answered", said[id])

    said = {id: Static().predict(dataset.sample(id)) for id in ("0", "1")}
    result = score.score_answers(
        benchmark, dataset, answers, Manifest.of(model="static"), tools=Tools()
    )
    values = {row["protocol"]: (row["value"], row["coverage"]) for row in result.rows()}
    assert values == {"released": (0.5, 2 / 3), "strict": (0.5, 2 / 3)}


def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("material", reason="mkdocs-material is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", tmp_path / "site"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "commands" / "index.html").exists()
    page = (tmp_path / "site" / "index.html").read_text()
    assert "fonts.googleapis" not in page
