"""A checkpoint of another family ends in one line that names who runs it, before anything loads."""

from __future__ import annotations

import json
import sys

import pytest

from sama_bench.adapter import Setup
from sama_bench.adapters._checkpoints.families import FAMILIES, check_family, family_of
from sama_bench.adapters._checkpoints.remote_files import imported, reached, siblings
from sama_bench.errors import AdapterError
from sama_bench.registry import model, models
from sama_bench.worker.adapter_import import adapter_class
from tests.runs import run_command

CHAT = ("configuration_sa2va_chat.Sa2VAChatConfig", "modeling_sa2va_chat.Sa2VAChatModel")
QWEN = ("configuration_sa2va_chat.Sa2VAChatConfigQwen", "modeling_sa2va_qwen.Sa2VAChatModelQwen")
LLAVA = ("configuration_sa2va_chat.Sa2VAChatConfigLlava", "modeling_sa2va_chat.Sa2VAChatModelLlava")
CLIPS = (
    "configuration_sasasa2va_chat.SaSaSa2VAChatConfig",
    "modeling_sasasa2va_chat.SaSaSa2VAChatModel",
)
SAMA = (CHAT[0], "modeling_sa2va_chat_all.Sa2VAChatModel")
CASES = {
    "sama": (SAMA, {}, ""),
    "sa2va-internvl": (CHAT, {"llm_config": {"architectures": ["Qwen2ForCausalLM"]}}, ""),
    "sa2va-i": (CHAT, {}, "def predict_forward(self, sample_num_frames=5): ..."),
    "sa2va-qwen2_5": (QWEN, {"text_config": {"model_type": "qwen2_5_vl_text"}}, ""),
    "sa2va-qwen3": (QWEN, {"text_config": {"model_type": "qwen3_vl_text"}}, ""),
    "sa2va-qwen3-sam3": (
        QWEN,
        {"text_config": {"model_type": "qwen3_vl_text"}},
        "from .sam3 import SAM3",
    ),
    "sa2va-llava": (LLAVA, {}, ""),
    "sasasa2va": (CLIPS, {"llm_config": {"architectures": ["Qwen2ForCausalLM"]}}, ""),
    "sasasa2va-14b": (CLIPS, {"llm_config": {"architectures": ["Qwen3ForCausalLM"]}}, ""),
    "sam2": (None, {"model_type": "sam2_video"}, ""),
    "sam3": (None, {"model_type": "sam3_video"}, ""),
}


def write(folder, case):
    entries, more, code = CASES[case]
    config = {"model_type": "sa2va_chat", **more}
    if entries is not None:
        config["auto_map"] = {"AutoConfig": entries[0], "AutoModel": entries[1]}
        (folder / f"{entries[1].partition('.')[0]}.py").write_text(code)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    return folder


@pytest.mark.parametrize("case", CASES)
def test_the_config_tells_the_family(tmp_path, case):
    assert family_of(write(tmp_path, case)) == case


def test_every_family_names_models_that_exist():
    known = set(models())
    for family in FAMILIES.values():
        assert set(family.names) <= known


def test_the_whole_family_asks_for_a_gpu_before_anything_is_spent():
    published = {name for family in FAMILIES.values() for name in family.names}
    with_tracker = [name for name in sorted(published) if not name.startswith(("sam2", "sam3"))]
    assert [name for name in with_tracker if not model(name).needs.cuda] == []


PAIRS = [
    ("sama-1b", "sa2va-internvl", "run it with --model sa2va-1b, sa2va-4b"),
    ("sa2va-1b", "sa2va-qwen3", "run it with --model sa2va-qwen3-vl-2b or sa2va-qwen3-vl-4b"),
    ("sa2va-1b", "sama", "is SAMA, not Sa2VA on InternVL; run it with --model sama-1b"),
    ("sa2va-qwen3-vl-4b", "sa2va-qwen2_5", "run it with --model sa2va-qwen2_5-vl-3b"),
    ("sa2va-i-1b", "sa2va-internvl", "is Sa2VA on InternVL, not Sa2VA-i"),
    ("sa2va-1b", "sa2va-i", "run it with --model sa2va-i-1b"),
    ("sasasa2va-4b", "sasasa2va-14b", "run it with --model sasasa2va-14b"),
    ("sasasa2va-14b", "sa2va-internvl", "not SaSaSa2VA 14B"),
    ("sama-8b", "sam2", "run it with --model sam2-tiny"),
    ("sama-8b", "sam3", "run it with --model sam3"),
    ("sa2va-qwen3-vl-4b", "sa2va-qwen3-sam3", "no model runs it"),
]


@pytest.mark.parametrize(("name", "case", "message"), PAIRS)
def test_a_wrong_pairing_is_one_line(tmp_path, monkeypatch, name, case, message):
    for package in ("torch", "transformers"):  # importing one of them would end otherwise
        monkeypatch.setitem(sys.modules, package, None)
    folder = write(tmp_path, case)
    adapter = adapter_class(model(name).adapter)()
    wanted = Setup(name, str(folder), options=model(name).options, trust_remote_code=True)
    with pytest.raises(AdapterError, match=message) as caught:
        adapter.load(wanted)
    assert "\n" not in str(caught.value)


def test_a_wrong_folder_is_among_what_is_missing_before_an_environment_is_made(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "ck").mkdir()
    folder = write(tmp_path / "ck", "sa2va-internvl")
    asked = ("run", "--model", "sama-1b", "--split", "mini", "--checkpoint", str(folder))
    run_command(*asked, "--runs", str(tmp_path / "runs"), status=2)
    said = capsys.readouterr().err
    assert "is Sa2VA on InternVL, not SAMA; run it with --model sa2va-1b" in said
    assert "--trust-remote-code" in said  # beside all else
    assert not (tmp_path / "cache" / "envs").exists()
    assert not (tmp_path / "runs").exists()


def test_a_name_of_ones_own_takes_what_the_adapter_can_ask(tmp_path):
    folder = write(tmp_path, "sa2va-qwen3")
    check_family(Setup("mine"), folder, ("sa2va-internvl", "sa2va-qwen3"))
    with pytest.raises(AdapterError, match="not SAMA"):
        check_family(Setup("mine"), folder, ("sama",))


def test_a_hub_is_asked_for_the_config_before_the_weights(tmp_path, monkeypatch):
    hub = pytest.importorskip("huggingface_hub")
    fetched = []

    def snapshot(name, allow_patterns=None, **settings):
        fetched.append(allow_patterns)
        return str(write(tmp_path, "sa2va-qwen3"))

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    wanted = Setup("sama-1b", "ByteDance/Sa2VA-Qwen3-VL-4B", trust_remote_code=True)
    with pytest.raises(AdapterError, match="is Sa2VA on Qwen3-VL, not SAMA"):
        adapter_class(model("sama-1b").adapter)().load(wanted)
    assert fetched == [["config.json", "*.py"]]


@pytest.mark.parametrize("file", ["sam3.1_multiplex.pt", "sam3.1_multiplex.safetensors"])
def test_sam_3_1_is_refused_in_words(tmp_path, file):
    pytest.importorskip("torch")
    (write(tmp_path, "sam3") / file).write_bytes(b"")
    with pytest.raises(AdapterError, match="published for Meta's own package only"):
        adapter_class(model("sam3").adapter)().load(Setup("sam3", str(tmp_path)))


def test_a_model_of_transformers_without_code_is_said(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(AdapterError, match="is a plain llama of transformers"):
        check_family(Setup("sama-1b"), tmp_path, ("sama",))


def test_only_what_is_reached_is_read(tmp_path):
    files = {
        "configuration_x": "from .sizes import WIDTH\n",
        "modeling_x": "import torch\nfrom projects.a.b import C\nfrom . import layers\n",
        "layers": "try:\n    from .fast import attention\nexcept ImportError:\n    pass\n",
        "sizes": "import projects.a.c\n",
        "fast": "",
        "training": "from projects.training import Trainer\n",
        "broken": "def (",
    }
    for name, code in files.items():
        (tmp_path / f"{name}.py").write_text(code)
    entries = {"AutoConfig": "configuration_x.A", "AutoModel": "someone/repo--modeling_x.B"}
    found = reached(tmp_path, {"auto_map": entries})
    assert [file.stem for file in found] == sorted(set(files) - {"training", "broken"})
    assert imported(found, "projects") == ("projects.a.b", "projects.a.c")
    assert siblings(tmp_path / "broken.py") == ()
