import re

import pytest

from sama_bench import api
from sama_bench.errors import UserError
from sama_bench.launch.devices import (
    Device,
    check_gpus,
    installed_gpus,
    parse_devices,
    share_of,
    visible_gpus,
)
from sama_bench.runfolder.folder import RunFolder
from sama_bench.running.cluster import cluster_rank
from sama_bench.running.selection import worker_devices
from tests.running.fakes import ask

SRUN = {
    "SLURM_JOB_ID": "71",
    "SLURM_PROCID": "5",
    "SLURM_STEP_NUM_TASKS": "8",
    "SLURM_LOCALID": "1",
    "SLURM_STEP_TASKS_PER_NODE": "4(x2)",
}
ARRAY = {
    "SLURM_JOB_ID": "73",
    "SLURM_ARRAY_JOB_ID": "71",
    "SLURM_ARRAY_TASK_ID": "2",
    "SLURM_PROCID": "0",
}
TORCHRUN = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}


def test_ranks_are_found():
    assert cluster_rank({}) is None
    assert cluster_rank({"SLURM_JOB_ID": "71", "SLURM_NTASKS": "8"}) is None  # a batch script
    rank = cluster_rank(SRUN)
    assert (rank.name, rank.number, rank.size, rank.local, rank.local_size) == (
        "slurm-71-5", 5, 8, 1, 4,
    )  # fmt: skip
    assert cluster_rank(ARRAY).name == "slurm-71_2-0"
    rank = cluster_rank(TORCHRUN)
    assert (rank.name, rank.local, rank.local_size) == ("torchrun-job-3", 1, 2)


def test_ranks_of_a_node_share_its_gpus(monkeypatch):
    for name, value in {**SRUN, "CUDA_VISIBLE_DEVICES": "0,1,2,3,4,5,6,7"}.items():
        monkeypatch.setenv(name, value)
    assert worker_devices(None, 1) == [Device(("2",)), Device(("3",))]
    assert worker_devices(None, 2) == [Device(("2", "3"))]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "6")  # bound by the scheduler already
    assert worker_devices(None, 1) == [Device(("6",))]
    assert share_of(["0", "1", "2"], 1, 2) == ["1"]


def test_schedulers_name_gpus_by_identifiers_too(monkeypatch, nvidia_smi):
    gpus = ["GPU-8932f937-d72c", "MIG-GPU-8932f937-d72c/1/0"]
    for name, value in {**SRUN, "CUDA_VISIBLE_DEVICES": ",".join(gpus)}.items():
        monkeypatch.setenv(name, value)
    assert worker_devices(None, 1) == [Device((gpus[0],)), Device((gpus[1],))]
    nvidia_smi("echo 0")
    assert check_gpus(parse_devices(",".join(gpus)), "sama-8b", uses_gpu=True) is None


def test_devices_are_read():
    assert parse_devices("0,1,2,3") == [Device((n,)) for n in "0123"]
    assert parse_devices("cuda:0, cuda:1", 2) == [Device(("0", "1"))]
    assert parse_devices("cpu") == [Device()]
    assert len(parse_devices("cpu:4")) == 4
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "-1"}) == []
    assert Device(("2", "3")).environment() == {"CUDA_VISIBLE_DEVICES": "2,3"}
    assert (Device(("2",)).name, Device().name) == ("cuda:0", "cpu")


@pytest.mark.parametrize(
    ("text", "gpus", "said"),
    [
        ("gpu0", 1, "write GPU numbers"),
        ("0,0", 1, "named twice"),
        ("0,1,2", 2, "3 GPUs do not divide into groups of 2"),
        ("cpu:x", 1, "write cpu"),
        ("cpu:0", 1, "write cpu"),
        ("", 1, "write GPU numbers"),
    ],
)
def test_wrong_devices_are_said(text, gpus, said):
    with pytest.raises(UserError, match=said):
        parse_devices(text, gpus)


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    def make(script):
        file = tmp_path / "nvidia-smi"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path))
    return make


def test_gpus_that_do_not_exist_are_refused(nvidia_smi):
    nvidia_smi("echo 0; echo 1")
    assert installed_gpus() == ["0", "1"]
    assert check_gpus(parse_devices("0,1"), "sama-8b", True) is None
    assert check_gpus(parse_devices("cpu:4"), "flow", False) is None
    with pytest.raises(UserError, match="no GPU 2, 99; nvidia-smi lists 0, 1"):
        check_gpus(parse_devices("0,2,99,1", 2), "sama-8b", True)
    nvidia_smi("exit 0")
    with pytest.raises(UserError, match="no GPU 0; it has none"):
        check_gpus(parse_devices("0"), "sama-8b", True)


@pytest.mark.parametrize("script", [None, "echo no driver; exit 9"])
def test_where_nothing_tells_the_gpus_that_is_said(nvidia_smi, script):
    if script is not None:
        nvidia_smi(script)
    assert installed_gpus() is None
    assert "GPU 99 taken as given" in check_gpus(parse_devices("99"), "sama-8b", True)


def test_gpus_for_a_model_that_uses_none_are_said(nvidia_smi):
    said = check_gpus(parse_devices("98,99"), "flow", False)
    assert said == "--devices: flow uses no GPU; GPUs 98, 99 are not used, 2 workers run on the CPU"


def test_the_run_says_what_is_wrong_with_its_devices_first(tmp_path, nvidia_smi):
    heard = []
    done = api.run(
        "static", "mini", task="c", limit=1, devices="7", runs=tmp_path / "runs", say=heard.append
    )
    assert done.complete
    assert heard == ["--devices: static uses no GPU; GPU 7 is not used, 1 worker runs on the CPU"]
    nvidia_smi("echo 0")
    with pytest.raises(UserError, match="no GPU 7; nvidia-smi lists 0"):
        api.run("sama-8b", "mini", devices="7", runs=tmp_path / "none", offline=True)
    assert not (tmp_path / "none").exists()


def test_ranks_write_parts_and_the_last_one_gathers_them(tmp_path, monkeypatch):
    for name, value in ARRAY.items():
        monkeypatch.setenv(name, value)
    result = ask(tmp_path, limit=5)
    path = result.folders[0]
    assert (path / "predictions.slurm-71_2-0.jsonl").exists()
    assert (path / "predictions.jsonl").read_bytes().count(b"\n") == 5
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    assert ask(tmp_path).asked == 7
    assert (path / "predictions.jsonl").read_bytes().count(b"\n") == 12
    assert not RunFolder(path).duplicates


@pytest.mark.parametrize("id", ["../../x", "a\n\x1b[31mb", "x" * 5000, "\udcff"])
def test_the_name_of_a_job_is_fit_for_a_file(id):
    torchrun = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "TORCHELASTIC_RUN_ID": id}
    for environ in (torchrun, {"SLURM_JOB_ID": id, "SLURM_ARRAY_TASK_ID": id}):
        name = cluster_rank(environ).name
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,120}", name)
        assert name != cluster_rank({key: f"{value}1" for key, value in environ.items()}).name


def test_a_node_has_at_least_one_process():
    torchrun = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "0"}
    slurm = {"SLURM_JOB_ID": "5", "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_TASKS_PER_NODE": "0"}
    assert [cluster_rank(environ).local_size for environ in (torchrun, slurm)] == [1, 1]
