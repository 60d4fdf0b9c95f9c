"""What a user types by mistake: one line, what is wrong and what to do, and status 2."""

import functools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sama_bench.cli import build
from tests.in_process import call
from tests.shared import shared

GOLDENS = Path(__file__).parents[1] / "goldens"


@pytest.fixture
def sama_bench(capfd, tmp_path, monkeypatch):
    """Call the command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return functools.partial(call, capfd)


def as_process(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "sama_bench", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


MISTAKES = [
    (["rnu"], "did you mean run"),
    (["run", "--modle", "flow"], "--model"),
    (["run", "--model", "flwo", "--split", "mini"], "did you mean flow"),
    (["run", "--model", "flow", "--split", "vidstg_3", "--data", "."], "did you mean VidSTG_3"),
    (["run", "--model", "flow", "--benchmark", "ref-sva"], "did you mean ref-sav"),
    (["run", "--model", "flow", "--split", "mevis"], "--data"),
    (["run", "--model", "flow", "--split", "mevis", "--data", "nowhere"], "nowhere"),
    (["run", "--model", "none.py:X", "--split", "mini"], "there is no file none.py"),
    (["run", "--model", "none.py", "--split", "mini"], "name the class"),
    (["run", "--model", "flow", "--split", "mini", "--option", "x"], "key=value"),
    (["run", "--model", "flow", "--split", "mini", "--history", "all"], "independent"),
    (["merge", "--runs", "nowhere"], "no run folder"),
    (["merge", "--protocol", "loose"], "released"),
]


@pytest.mark.parametrize(("arguments", "says"), MISTAKES, ids=str)
def test_a_mistake_is_one_line(arguments, says, sama_bench, tmp_path):
    is_one_line(sama_bench(*arguments), says)
    assert not list(tmp_path.iterdir())


def test_a_mistake_is_one_line_of_a_process_too(tmp_path):
    is_one_line(as_process("run", "--model", "flwo", "--split", "mini", cwd=tmp_path), "flow")
    assert not list(tmp_path.iterdir())


def is_one_line(done, says):
    assert done.returncode == 2, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert says in lines[0]


def test_a_split_without_samples_is_refused(sama_bench, tmp_path):
    (tmp_path / "mevis.json").write_text("[]")
    (tmp_path / "Mevis_mask_dict_val.json").write_text("{}")
    done = sama_bench("run", "--model", "static", "--split", "mevis", "--data", ".")
    assert done.returncode == 2
    assert "no sample to ask" in done.stderr
    file = sama_bench("run", "--model", "static", "--split", "mevis", "--data", "mevis.json")
    assert "is a file, not a folder" in file.stderr


def test_json_on_standard_output_stands_alone(sama_bench, tmp_path):
    asked = ["--model", "static", "--task", "g", "--split", "mini", "--limit", "1"]
    done = sama_bench("run", *asked, "--no-captions", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert "SAMA-Bench-G" in done.stderr
    assert json.loads(done.stdout)["runs"][0]["answered"] == 1
    seen = sama_bench("status", "--json", "-")
    assert json.loads(seen.stdout)["runs"]
    taken = tmp_path / "taken"
    taken.write_text("")
    (tmp_path / "goldens").mkdir()
    shutil.copy(GOLDENS / "ciou.json", tmp_path / "goldens")
    for command in (["status"], ["selftest", "goldens"]):
        refused = sama_bench(*command, "--json", "taken/x.json")
        assert refused.returncode == 2
        assert "cannot be written" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_every_command_has_help():
    def walk(command, path):
        assert command.help, path
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert parameter.help, (path, parameter.name)
        for name, child in getattr(command, "commands", {}).items():
            walk(child, (*path, name))

    walk(build(), ())


def test_importing_the_command_line_brings_no_torch():
    code = (
        "import sys, sama_bench.cli as c; c.build(); from sama_bench import registry; "
        "registry.models(); registry.benchmarks(); registry.metrics(); "
        "print([m for m in ('torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_run_and_merge_on_the_real_clip(sama_bench, tmp_path):
    data = str(shared("data", "sama_bench_real"))
    common = ["--split", "mevis", "--data", data, "--no-captions", "--phrases", "token-overlap"]
    common += ["--devices", "cpu:1"]
    for model in ("oracle", "static"):
        done = sama_bench("run", "--model", model, *common)
        assert done.returncode == 0, done.stderr
        assert "SAMA-Bench-G" in done.stdout
    merged = sama_bench("merge", "--no-captions", "--json", "scores.json")
    assert merged.returncode == 0, merged.stderr
    rows = json.loads((tmp_path / "scores.json").read_text())["scores"]
    miou = {
        (row["model"], row["protocol"]): row["value"] for row in rows if row["metric"] == "miou"
    }
    assert miou["oracle", "strict"] == 1.0
    assert miou["oracle", "released"] == 0.75  # Q13: the round without target counts 0
    assert 0 < miou["static", "strict"] < 1


def test_failures_are_counted_and_asked_again(sama_bench):
    data = str(shared("data", "sama_bench_real"))
    common = ["--model", "crash", "--split", "mevis", "--data", data, "--no-captions"]
    common += ["--devices", "cpu:1"]
    first = sama_bench("run", *common, "--option", "on=*real_g_1")
    assert first.returncode == 1
    assert "1 failed" in first.stderr
    assert "as asked" in first.stderr
    merged = sama_bench("merge", "--no-captions")
    assert merged.returncode == 1
    assert "1 samples of sama-bench-g mevis failed" in merged.stderr
    again = sama_bench("run", *common, "--option", "on=*real_g_1")
    assert "1 of 6 samples to ask" in again.stderr
