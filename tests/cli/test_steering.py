"""Nothing that others wrote steers the terminal, whichever command prints it."""

import io
import json
import re

import pytest

from sama_bench.cli import _judge
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.running.progress import Progress, print_line
from sama_bench.splits._mini import ensure_mini
from tests.in_process import call

HOSTILE = "a\x1b]52;c;ZXZpbA==\x07b\x9b31mc\u202ed\u2028e\nsama-bench: all is well"
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


def steers(done):
    """What was printed that steers a terminal, and lines that somebody else made up."""
    text = done.stdout + done.stderr
    return STEERS.findall(text) + re.findall("^sama-bench: all is well", text, re.MULTILINE)


@pytest.fixture
def run(tmp_path):
    """A run folder whose every text is hostile."""
    folder = tmp_path / "runs" / "m" / "mevis" / "mini"
    folder.mkdir(parents=True)
    (folder / "predictions.jsonl").write_bytes(
        to_line(Prediction(HOSTILE, "failed", error=HOSTILE))
    )
    manifest = {"model": HOSTILE, "benchmark": "mevis", "split": "mini", "samples": 13}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_recorded_reasons_and_ids_in_status(run, capfd):
    done = call(capfd, "status", run)
    assert "all is well" in done.stdout
    assert steers(done) == []


def test_unknown_ids_in_predictions(tmp_path, capfd):
    root = ensure_mini(tmp_path / "data", "mevis")
    (meta,) = root.rglob("valid_u/meta_expressions.json")
    video, item = next(iter(json.loads(meta.read_text())["videos"].items()))
    id = f"{video}/{next(iter(item['expressions']))}"
    path = tmp_path / "p.jsonl"
    lines = [Prediction(id, "failed", error=HOSTILE), Prediction(HOSTILE, "failed", error="x")]
    path.write_bytes(b"".join(map(to_line, lines)))
    given = ("--benchmark", "mevis", "--split", "mini", "--data", tmp_path / "data")
    done = call(capfd, "score", *given, "--predictions", path, "--no-captions")
    assert "the split does not ask (first a" in done.stderr
    assert steers(done) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("score", f"/nowhere/{HOSTILE}"),
        ("run", "--model", HOSTILE),
        (HOSTILE,),
        ("data", "verify", HOSTILE, "--data", "."),
        ("status", f"/nowhere/{HOSTILE}"),
        ("report", f"/nowhere/{HOSTILE}"),
    ],
)
def test_names_in_errors(arguments, capfd):
    done = call(capfd, *arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert steers(done) == []


def test_json_on_a_terminal_says_the_same_in_escapes(run, capfd):
    done = call(capfd, "status", run, "--json", "-")
    ((failure,),) = [item["failures"] for item in json.loads(done.stdout)["runs"]]
    assert failure == {"id": HOSTILE, "error": HOSTILE}
    assert steers(done) == []


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_names_of_models_and_what_workers_say_in_progress(kind):
    out = kind()
    progress = Progress(HOSTILE, 3, 0, out)
    progress.say(HOSTILE)
    progress.add(failed=False)
    progress.close()
    ours = re.sub(r"\r|\x1b\[[AK]", "", out.getvalue())  # the bar's own
    assert "all is well" in ours
    assert STEERS.findall(ours) == []
    assert not re.search("^sama-bench: all is well", ours, re.MULTILINE)


def test_lines_of_preparation(capfd):
    print_line(HOSTILE)
    said = capfd.readouterr().err
    assert STEERS.findall(said) == []
    assert said.count("\n") == 1


def test_what_a_judge_says_of_itself(capfd):
    _judge._say(HOSTILE)
    said = capfd.readouterr().err
    assert STEERS.findall(said) == []
    assert said.count("\n") == 1
