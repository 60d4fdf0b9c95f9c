"""Weights that are missing, cut off or out of reach end in one line."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama_bench.adapter import Setup
from sama_bench.adapters._checkpoints import loading
from sama_bench.adapters._settings import options
from sama_bench.errors import AdapterError, UserError
from tests.data.hub_server import FakeHub, serve


def safetensors(path, payload=b"\0" * 16, cut=0):
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    content = struct.pack("<Q", len(header)) + header + payload
    path.write_bytes(content[: len(content) - cut])


def folder_with(tmp_path, cut=0):
    (tmp_path / "config.json").write_text("{}")
    safetensors(tmp_path / "model.safetensors", cut=cut)
    return tmp_path


def test_a_whole_checkpoint_is_taken(tmp_path):
    folder = folder_with(tmp_path)
    assert loading.checkpoint_folder(Setup("m", str(folder))) == folder
    first = loading.fingerprint(folder)
    assert first == loading.fingerprint(folder)
    safetensors(folder / "model.safetensors", payload=b"\1" * 16)
    assert loading.fingerprint(folder) != first


@given(st.integers(1, 80))
def test_any_cut_is_noticed(tmp_path_factory, cut):
    folder = folder_with(tmp_path_factory.mktemp("cut"), cut)
    with pytest.raises(AdapterError, match="cut off or damaged"):
        loading.check_weights(folder)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut"])
def test_broken_pickles_are_noticed(tmp_path, content):
    (tmp_path / "pytorch_model.bin").write_bytes(content)
    with pytest.raises(AdapterError, match="cut off or damaged"):
        loading.check_weights(tmp_path)


@pytest.mark.parametrize("header", ["[]", '{"w": 5}', '{"w": {"data_offsets": []}}', "[" * 9999])
def test_a_header_of_wrong_types_is_damage(tmp_path, header):
    raw = header.encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(raw)) + raw)
    with pytest.raises(AdapterError, match="cut off or damaged"):
        loading.check_weights(tmp_path)


@pytest.mark.parametrize("named", ["[]", "5", '{"w": 5}', '{"w": [], "v": "a"}'])
def test_an_index_of_wrong_types_is_one_line(tmp_path, named):
    folder = folder_with(tmp_path)
    (folder / "model.safetensors.index.json").write_text(f'{{"weight_map": {named}}}')
    with pytest.raises(AdapterError, match="'weight_map' must name the file of each weight"):
        loading.check_weights(folder)


def test_a_hub_out_of_reach_is_one_line(monkeypatch):
    hub = pytest.importorskip("huggingface_hub")

    def unreachable(*args, **kwargs):
        raise OSError("connection refused\nsecond line")

    monkeypatch.setattr(hub, "snapshot_download", unreachable)
    with pytest.raises(AdapterError, match="check the network") as caught:
        loading.checkpoint_folder(Setup("m", "someone/model"))
    assert "\n" not in str(caught.value)
    with pytest.raises(AdapterError, match="drop --offline"):
        loading.checkpoint_folder(Setup("m", "someone/model", offline=True))


def test_what_was_fetched_is_taken_where_the_hub_falls_silent(monkeypatch, tmp_path):
    client = pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    model = tmp_path / "hub" / "models--someone--model"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("abc")
    (model / "snapshots" / "abc").mkdir(parents=True)
    folder_with(model / "snapshots" / "abc")

    def silent(*args, **kwargs):
        raise OSError("timed out")

    monkeypatch.setattr(client, "snapshot_download", silent)
    folder = loading.checkpoint_folder(Setup("m", "someone/model"))
    assert folder == model / "snapshots" / "abc"


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "log in"), (403, "accept the licence"), (404, "no such repository")],
)
def test_a_refusal_of_the_hub_says_what_to_do(monkeypatch, tmp_path, status, said):
    pytest.importorskip("huggingface_hub")
    state = FakeHub()
    state.refuse["someone/model"] = status
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with serve(state) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", address)
        with pytest.raises(AdapterError, match=said) as caught:
            loading.checkpoint_folder(Setup("m", "someone/model"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("named", ["/no/such", "./no", "no-such-name", "a/b/c"])
def test_a_folder_that_is_not_there(named):
    with pytest.raises(AdapterError, match="no such folder"):
        loading.checkpoint_folder(Setup("m", named))


def test_no_weights_named_and_broken_config(tmp_path):
    with pytest.raises(AdapterError, match="has no default weights"):
        loading.checkpoint_folder(Setup("m"))
    (tmp_path / "config.json").write_text("[")
    with pytest.raises(AdapterError, match=r"config\.json cannot be read"):
        loading.config_of(tmp_path)


def test_missing_packages_name_their_extra():
    with pytest.raises(AdapterError, match=r"pip install 'sama-bench\[models\]'"):
        loading.require("no_such_package_here", "models")
    with pytest.raises(AdapterError, match="not installed"):
        loading.require_version(Setup("m"), "no-such-package-here", "1", "2", "why")


def test_precision_names():
    torch = pytest.importorskip("torch")
    assert loading.precision(Setup("m"), "bfloat16") is torch.bfloat16
    assert loading.precision(Setup("m", dtype="float16")) is torch.float16
    with pytest.raises(AdapterError, match="--dtype half"):
        loading.precision(Setup("m", dtype="half"))


@pytest.mark.parametrize("given_value", ["0", "-1", "1.5", "many"])
def test_numbers_are_checked(given_value):
    with pytest.raises(AdapterError, match="whole number of at least 1"):
        options.whole({"frames": given_value}, "frames", 5)


def test_options_that_do_not_exist_get_a_suggestion(tmp_path):
    with pytest.raises(UserError, match="did you mean frames"):
        options.check_names({"frame": "1"}, ["frames", "mode"])
    with pytest.raises(AdapterError, match="no such folder"):
        options.folder({"code": str(tmp_path / "x")}, "code")
    with pytest.raises(AdapterError, match="a number"):
        options.number({"limit": "much"}, "limit", 0.0)
