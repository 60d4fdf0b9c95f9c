"""Options on which no answer depends belong to the session: a run goes on with others."""

import json
import shutil

import pytest

from sama_bench import registry
from sama_bench.adapter import Setup
from sama_bench.errors import IncompleteError
from sama_bench.runfolder.folder import RunFolder
from sama_bench.runfolder.manifest import from_request
from sama_bench.running.options import RunOptions
from sama_bench.running.prepare import prepare
from sama_bench.scoring.shards import Group, Part, check_agreement
from tests.in_process import call
from tests.runs import run_command
from tests.splits.sama_files import Root, box, video

MODEL = """
import numpy as np
from sama_bench.adapter import Adapter
from sama_bench.media.sharing import Sharing
from sama_bench.nouns import Answer, Masklet, Segment

class A(Adapter):
    session_options = ("share", "share_check", "share_memory")

    def load(self, setup):
        assert not set(setup.options) & {"share", "share_check"}, setup.options
        self.sharing = Sharing(setup.session, setup.workers, setup.device)
        print("workers:", setup.workers)
        self.noise = 0
        self.mean = self.sharing.kept(self.mean)
        if not self.sharing.on:
            self.sharing.say("nothing is shared")
        self.remarks = self.sharing.remarks

    def mean(self, frame):
        self.noise += NOISE
        return frame.astype(np.float64).mean(axis=2) + self.noise

    def predict(self, sample):
        self.sharing.begin(sample.video)
        masks = [(self.mean(frame) > 128).astype(np.uint8) for frame in sample.video]
        return Answer("It is <p> it </p> [SEG].", (Segment("it", Masklet.from_arrays(masks)),))
"""


@pytest.fixture
def ask(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*more, noise=0, status=0, split="mini"):
        (tmp_path / "mine.py").write_text(MODEL.replace("NOISE", str(noise)))
        run_command("run", "--model", "mine.py:A", "--split", split, "--task", "g",
                    "--devices", "cpu", "--no-score", *more, status=status)  # fmt: skip
        return RunFolder(tmp_path / "runs/a/sama-bench-g" / split)

    return run


def answers(folder):
    lines = (folder.path / "predictions.jsonl").read_text().splitlines()
    times = {"seconds": 0, "spent": {}, "worker": "", "checksum": ""}
    held = [{**json.loads(line), **times} for line in lines]
    return sorted(({k: v for k, v in line.items() if k != "sum"} for line in held), key=str)


def test_a_run_begun_with_sharing_goes_on_without(ask, tmp_path, capfd):
    whole = ask("--limit", "6")
    expected = [line["segments"] for line in answers(whole)]
    shutil.rmtree(tmp_path / "runs")
    ask("--limit", "3", "--option", "share_check=1")
    capfd.readouterr()
    folder = ask("--limit", "6", "--option", "share=off", "--devices", "cpu:2")
    assert capfd.readouterr().err.count("a: nothing is shared") == 1, "not once a worker"
    assert len(folder) == 6
    assert [line["segments"] for line in answers(folder)] == expected
    facts = folder.manifest()
    assert facts.options == {}
    assert not facts.says("session"), "each job notes its own, without secrets"
    assert [session.options for session in facts.sessions] == [
        {"share_check": "1"},
        {"share": "off"},
    ]


def test_a_worker_knows_how_many_share_its_machine(ask, monkeypatch):
    for name, value in {"RANK": 1, "WORLD_SIZE": 4, "LOCAL_RANK": 1, "LOCAL_WORLD_SIZE": 2}.items():
        monkeypatch.setenv(name, str(value))
    folder = ask("--limit", "4", "--devices", "cpu:3")
    logs = list((folder.path / "logs").glob("*.log"))
    assert any("workers: 6" in log.read_text() for log in logs)


def test_a_check_that_fails_ends_the_run_and_blames_no_sample(ask, tmp_path, capfd):
    (tmp_path / "mine.py").write_text(MODEL.replace("NOISE", "100"))
    said = call(capfd, "run", "--model", "mine.py:A", "--split", "mini", "--task", "g", "--devices",
                "cpu", "--no-score", "--option", "share_check=1")  # fmt: skip
    assert said.returncode == 2
    assert "share_check:" in said.stderr
    assert "gave other bits" in said.stderr
    assert "Traceback" not in said.stderr
    folder = RunFolder(tmp_path / "runs/a/sama-bench-g/mini")
    assert "failed" not in [folder.status(id) for id in folder.ids()]


def test_registered_models_take_them_out_of_their_options():
    for name in ("sama-1b", "sa2va-8b", "sa2va-i-1b", "sasasa2va-4b", "sam2-tiny", "sam3",
                 "grounded-sam2", "vlm-points-sam2"):  # fmt: skip
        given = {"share": "off", "share_check": "7"}
        found = prepare(RunOptions(name, split="mini", options=given, checks=False))
        assert found.setup.session == given, name
        assert found.setup.options == dict(registry.model(name).options)


def test_a_class_in_a_file_names_them_without_being_run(tmp_path):
    file = tmp_path / "m.py"
    file.write_text("raise SystemExit\nclass A:\n    session_options: tuple = ('share', 'x')\n")
    assert registry.model(f"{file}:A").session_options == ("share", "x")
    file.write_text("class B:\n    session_options = ('share',)\nclass A:\n    pass\n")
    assert registry.model(f"{file}:A").session_options == ()
    file.write_text("class A(\n")
    assert registry.model(f"{file}:A").session_options == ()


class _Dataset:
    benchmark, split, shards, entries, files = "sama-bench-g", "mini", (), (), {}


def test_shards_with_and_without_are_merged():
    def part(setup):
        return Part(RunFolder.__new__(RunFolder), from_request(setup, "a:B", _Dataset, {}, "none"))

    with_it, without = Setup("m"), Setup("m", session={"share": "off"})
    group = Group(registry.benchmark("sama-bench-g"), [part(with_it), part(without)])
    check_agreement(group)
    other = Group(group.benchmark, [part(with_it), part(Setup("m", options={"share": "off"}))])
    with pytest.raises(IncompleteError, match="options"):
        check_agreement(other)


def test_two_runs_with_and_without_become_one_result(ask, tmp_path, capfd):
    (tmp_path / "data").mkdir()
    root = Root(tmp_path / "data")
    root.tracks("lvvis", a1={"segmentations": [box()] * 3})
    for number in range(2):
        root.shard(f"lvvis_{number}", [video(f"lvvis/val/JPEGImages/{number}")])
    data = str(root.path)
    ask("--data", data, split="lvvis_0")
    ask("--data", data, "--option", "share=off", split="lvvis_1")
    said = call(capfd, "merge", "--data", data, "--no-captions")
    assert said.returncode == 0, said.stderr
    assert (tmp_path / "runs/a/sama-bench-g/lvvis/scores.json").is_file()
