"""What can be known is checked before anything is spent, all at once, each with what mends it."""

from __future__ import annotations

import dataclasses
import json
import struct
from pathlib import Path

import pytest

from sama_bench.adapter import Checkout, HubFiles, ModelSpec, Needs, Setup
from sama_bench.environments.definition import read_environment
from sama_bench.errors import UserError
from sama_bench.launch import gpu_readiness, readiness
from sama_bench.launch.devices import Device
from sama_bench.launch.gpu_readiness import gpu_checks
from sama_bench.launch.readiness import Check, Home, NotReadyError, Start, refuse_unless_ready
from sama_bench.launch.weights_readiness import look_for_weights
from sama_bench.storage import hub
from tests.data.hub_server import FakeHub, serve

NEEDS = Needs(
    remote_code=True,
    cuda=True,
    gpu_memory=80,
    weights=("checkpoint",),
    checkouts=(Checkout("https://host/owner/Code", "code", "CODE_HERE", "parts.inside"),),
    files=(HubFiles("tiny-bert", ("config.json", "vocab.txt"), "its Q-Former"),),
)


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))
    for name in ("HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "CODE_HERE", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fake_hub(monkeypatch):
    state = FakeHub()
    with serve(state) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield state


def weights() -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0" * 16


def start(needs: Needs = NEEDS, **setup) -> Start:
    spec = ModelSpec("m", "x:y", "", checkpoint="some/model", needs=needs)
    return Start(spec, Setup("m", **{"checkpoint": "some/model", **setup}), [Device()])


def checkpoint(folder: Path, code: str = "") -> str:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights())
    (folder / "modeling.py").write_text(code)
    return str(folder)


def words(checks, name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_one_thing_is_one_line_and_several_are_a_list():
    missing = Check("weights", "missing", "no weights", "get them")
    with pytest.raises(NotReadyError, match=r"^no weights; get them$"):
        refuse_unless_ready("m", [missing, Check("disk", "ok", "enough")])
    with pytest.raises(NotReadyError) as caught:
        refuse_unless_ready("m", [missing, dataclasses.replace(missing, name="code")])
    assert str(caught.value).splitlines()[1:] == [
        "  weights: no weights; get them",
        "  code: no weights; get them",
    ]
    refuse_unless_ready("m", [Check("memory", "note", "small")])


def test_trust_is_asked_for():
    assert "--trust-remote-code" in next(readiness.trust_check(start())).text
    assert next(readiness.trust_check(start(trust_remote_code=True))).state == "ok"
    assert list(readiness.trust_check(start(Needs()))) == []


def test_what_the_hub_has_is_planned_and_not_fetched(fake_hub, tmp_path):
    fake_hub.files["some/model"] = {"config.json": b"{}", "model.safetensors": weights()}
    fake_hub.lfs.add("model.safetensors")
    fake_hub.files["tiny-bert"] = {"config.json": b"{}", "vocab.txt": b"a", "weights.bin": b"no"}
    found = look_for_weights(start())
    assert [check.state for check in found.checks] == ["ok", "ok"]
    assert found.bytes == len(weights()) + 2 + 3
    assert [f.path for f in found.to_fetch[1][1]] == ["config.json", "vocab.txt"]
    assert fake_hub.log == []
    assert not (tmp_path / "hf").exists()


@pytest.mark.parametrize(
    ("token", "said"),
    [(None, "log in with `hf auth login`"), ("other", "accept the licence on the model's page")],
)
def test_a_gated_model_says_what_the_user_has_to_do(fake_hub, monkeypatch, token, said):
    fake_hub.files["some/model"] = {"config.json": b"{}"}
    fake_hub.gated.add("some/model")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    [check] = look_for_weights(start(Needs(weights=("checkpoint",)))).checks
    assert check.state == "missing"
    assert said in check.text
    monkeypatch.setenv("HF_TOKEN", "accepted")
    [check] = look_for_weights(start(Needs(weights=("checkpoint",)))).checks
    assert check.state == "ok"


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "log in"), (403, "accept the licence"), (404, "no such repository"), (500, "later")],
)
def test_refusals_of_the_hub(fake_hub, status, said):
    fake_hub.refuse["some/model"] = status
    [check] = look_for_weights(start(Needs(weights=("checkpoint",)))).checks
    assert check.state == "missing"
    assert said in check.text


def test_offline_takes_the_cache_or_says_what_forbids(tmp_path, monkeypatch):
    needs = Needs(weights=("checkpoint",))
    [check] = look_for_weights(start(needs, offline=True)).checks
    assert "drop --offline" in check.text
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    [check] = look_for_weights(start(needs)).checks
    assert "unset HF_HUB_OFFLINE" in check.text
    assert "--offline" not in check.text
    folder = hub.cache_of("some/model")
    checkpoint(folder / "snapshots" / "abc")
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("abc")
    [check] = look_for_weights(start(needs)).checks
    assert check.state == "ok"
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    [check] = look_for_weights(start(needs)).checks  # the hub does not answer
    assert check.state == "note"


def test_a_hub_that_lists_paths_outside_is_refused(fake_hub):
    fake_hub.files["some/model"] = {"../config.json": b"{}"}
    with pytest.raises(UserError, match="leads elsewhere"):
        hub.ask_hub("some/model")


def test_a_local_folder_is_looked_through(tmp_path):
    whole = checkpoint(tmp_path / "whole", "import parts.inside; x.cuda(); 'tiny-bert'")
    found = look_for_weights(start(Needs(weights=("checkpoint",)), checkpoint=whole))
    assert found.checks == [Check("weights", "ok", whole)]
    assert "parts.inside" in found.code
    (tmp_path / "whole" / "model.safetensors").write_bytes(weights()[:-1])
    [check] = look_for_weights(start(Needs(weights=("checkpoint",)), checkpoint=whole)).checks
    assert "cut off" in check.text
    [check] = look_for_weights(start(Needs(weights=("checkpoint",)), checkpoint="./no")).checks
    assert "no such folder" in check.text


def test_other_weights_than_the_checkpoint(tmp_path):
    needs = Needs(weights=("checkpoint", "tracker"), endpoint="model")
    found = look_for_weights(start(needs, options={"tracker": "/no", "model": "gpt"}))
    assert [check.text for check in found.checks] == [
        "--option tracker /no: no such folder, and not a hub id like a/b"
    ]


def test_a_checkout_is_asked_for_with_the_command_that_gets_it(tmp_path, monkeypatch):
    [check] = readiness.checkout_checks(start(), None)
    assert "`git clone https://host/owner/Code`, then --option code=Code" in check.text
    assert list(readiness.checkout_checks(start(), "code that imports nothing")) == []
    [check] = readiness.checkout_checks(start(options={"code": str(tmp_path)}), None)
    assert f"{tmp_path} holds no parts/inside" in check.text
    (tmp_path / "parts" / "inside").mkdir(parents=True)
    monkeypatch.setenv("CODE_HERE", str(tmp_path))
    [check] = readiness.checkout_checks(start(), "import parts.inside")
    assert check.state == "ok"


def test_cuda_is_needed_where_the_code_calls_it(monkeypatch):
    def cuda(code, home=None, devices=()):
        at = dataclasses.replace(start(), devices=devices or [Device()])
        return words(gpu_checks(at, home or Home(), code), "CUDA")

    assert cuda(None).state == "missing"
    assert "--devices 0" in cuda("x.cuda()").text
    assert cuda("x.to(device)").state == "ok"
    assert cuda(None, devices=[Device(("0",))]).state == "ok"
    tried = []
    monkeypatch.setattr(gpu_readiness, "_cuda_works", lambda *given: tried.append(given) or True)
    assert cuda("x.cuda()", Home(python=Path("/there"))).state == "ok"
    assert tried == [(Path("/there"), Device())]


def test_memory_is_compared_only_with_published_figures(monkeypatch):
    monkeypatch.setattr(gpu_readiness, "_gigabytes", lambda gpu: {"0": 85.9, "1": 24.0}[gpu])
    both = [Device(("0",)), Device(("1",))]

    def memory(needs, devices):
        at = dataclasses.replace(start(needs), devices=devices)
        return words(gpu_checks(at, Home(), None), "GPU memory")

    assert memory(NEEDS, both).state == "note"
    assert "GPU 1 has less" in memory(NEEDS, both).text
    assert memory(NEEDS, both[:1]).state == "ok"
    assert "not published" in memory(Needs(weights=("checkpoint",)), both).text


def test_disk_space_is_summed_per_disk(tmp_path):
    parts = [("a", tmp_path / "x" / "y", 10**6), ("b", tmp_path, 10**18), ("c", tmp_path, None)]
    [check] = readiness.space_checks(parts)
    assert check.state == "missing"
    assert "make room for" in check.text
    [check] = readiness.space_checks(parts[:1])
    assert check.state == "ok"
    assert list(readiness.space_checks(parts[2:])) == []


def test_an_interpreter_and_the_size_of_what_is_made(tmp_path):
    def home(python, offline=False):
        file = tmp_path / "e.toml"
        file.write_text(f'python = "{python}"\nsize = {{own = 5700, shared = 600}}\n')
        spec = ModelSpec("m", "x:y", "", environment=str(file))
        return readiness.home_of(Start(spec, Setup("m", offline=offline), [Device()]))

    _, checks = home("<3.0", offline=True)
    assert words(checks, "interpreter").state == "missing"
    assert "--env-python" in words(checks, "interpreter").text
    found, checks = home(">=3.9")
    assert found.to_make == 5_700_000_000
    assert "5.7 GB" in words(checks, "environment").text
    assert not (tmp_path / "cache").exists()


def test_packages_of_the_current_environment():
    def packages(*needed, **options):
        spec = ModelSpec("m", "x:y", "", needs=Needs(packages=needed))
        at = Start(spec, Setup("m", options=options), [Device()])
        return readiness.home_of(at)[1][0]

    assert packages("numpy>=1").state == "ok"
    assert "no-such-package-here is not installed" in packages("no-such-package-here").text
    assert "sama-bench[models]" in packages("numpy<1").text
    assert packages("numpy<1", numpy="any").state == "ok"


def test_sizes_are_a_table_of_numbers_or_words(tmp_path):
    file = tmp_path / "e.toml"
    file.write_text('python = ">=3.9"\nsize = {own = "much"}\n')
    with pytest.raises(UserError, match="own = MB, shared = MB"):
        read_environment(file)
