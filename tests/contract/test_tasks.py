"""A sample says what is asked; adapters go by that and know no benchmark."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sama_bench import registry
from sama_bench.adapter import Adapter, Setup
from sama_bench.adapters.sa2va import Sa2va
from sama_bench.adapters.sama import Sama
from sama_bench.benchmark import Benchmark, Dataset, Entry
from sama_bench.errors import AdapterError
from sama_bench.nouns import MASK_TASKS, TASKS, Reference, Sample, Video
from sama_bench.runfolder.folder import RunFolder
from sama_bench.running.questions import Declared, QuestionBuilder
from sama_bench.running.schedule import Ask, Target
from sama_bench.worker.abilities import refuse_tasks, tasks_of

ROOT = Path(__file__).resolve().parents[2]

ASKED = {
    "sama-bench-g": {"grounded-chat"},
    "sama-bench-c": {"region-description"},
    "ref-sav": {"referring-segmentation"},
    "mevis": {"referring-segmentation"},
    "ref-davis17": {"referring-segmentation"},
    "ref-youtube-vos": {"referring-segmentation"},
    "revos": {"referring-segmentation", "reasoning-segmentation"},
    "refcoco": {"phrase-in-image"},
    "refcoco+": {"phrase-in-image"},
    "refcocog": {"phrase-in-image"},
    "grefcoco": {"phrase-in-image"},
    "gcg": {"grounded-caption"},
    "region-captions": {"region-caption"},
}


@pytest.mark.parametrize("name", ASKED)
def test_every_benchmark_says_what_it_asks(name):
    dataset = registry.benchmark(name).opened(None, "mini", {})
    samples = [dataset.sample(entry.id) for entry in dataset.entries]
    assert {sample.task for sample in samples} == ASKED[name]
    assert all(("masks" in sample.wants) == (sample.task in MASK_TASKS) for sample in samples)


def test_no_benchmark_is_left_out():
    assert set(ASKED) == set(registry.benchmarks())


VIDEO = Video("v", ("/a/0.jpg",), 6, 5)


def test_a_task_travels_and_one_that_is_none_is_refused():
    sample = Sample("s", "b", VIDEO, "a cup", wants=frozenset({"masks"}), task="phrase-in-image")
    assert Sample.from_json(json.loads(json.dumps(sample.to_json()))) == sample
    with pytest.raises(ValueError, match="b asks 'sing'; a sample's task is of grounded-chat"):
        Sample("s", "b", VIDEO, "a cup", task="sing")


@pytest.mark.parametrize(
    ("wants", "task"),
    [
        ({"masks"}, "referring-segmentation"),
        ({"text", "masks"}, "grounded-chat"),
        ({"text"}, "choice"),
    ],
)
def test_samples_written_before_they_said_their_task_are_read(wants, task):
    old = Sample("s", "b", VIDEO, "a cup", wants=frozenset(wants)).to_json()
    assert old.pop("task") == task
    assert Sample.from_json(old).task == task


class Pictures(Benchmark):
    """From another package: one phrase about one picture."""

    name, title, splits, metrics = "pictures", "Pictures", ("test",), ()

    def open(self, root, split, options):
        return PicturesData(root, split)


class PicturesData(Dataset):
    def __init__(self, root, split):
        self.benchmark, self.split, self.shards, self.files = "pictures", split, (split,), {}
        self.path = root / "p.png"
        self.entries = [Entry("p", "p", None)]

    def sample(self, id, tracks=False):
        video = Video("p", (str(self.path),), 4, 6)
        wants = frozenset({"masks"})
        return Sample(id, "pictures", video, "red cup", wants=wants, task="phrase-in-image")

    def reference(self, id, protocol):
        return Reference(None)

    def findings(self, deep=False):
        return ()

    def score(self, answers, protocols, tools):
        raise NotImplementedError


class Point:
    name, value = "pictures", "outside:Pictures"

    def load(self):
        return Pictures()


@pytest.fixture
def outside(monkeypatch):
    """The registry with a benchmark of another package."""
    points = {"sama_bench.benchmarks": [Point()]}
    monkeypatch.setattr(registry.outside, "entry_points", lambda group: points.get(group, []))
    caches = (registry.benchmarks, registry._benchmarks, registry.metrics, registry._metrics)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize("kind", [Sama, Sa2va])
def test_an_image_benchmark_of_another_package_gets_the_image_prompt(tmp_path, kind):
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / "p.png")
    dataset = registry.benchmark("pictures").opened(tmp_path, "test", {})
    builder = QuestionBuilder(
        [Target("pictures", dataset, RunFolder(tmp_path / "run"))], "independent", 0, None
    )
    message = builder.message(Ask(0, dataset.entries[0]), Declared())
    adapter = kind()
    adapter.configure(Setup("m"))
    given = adapter.arguments(Sample.from_json(message.data["sample"]))
    assert given["text"] == "<image>\n Please segment red cup in this image."
    assert given["image"].size == (6, 4)
    assert "video" not in given


def test_adapters_know_no_benchmark():
    """Names may stand in docstrings and comments: they say where a figure comes from."""
    names = "|".join(re.escape(name) for name in sorted(registry.benchmarks(), key=len)[::-1])
    quoted = re.compile(rf"[\"']({names})[\"']")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "adapters").rglob("*.py"))
        for line in path.read_text().splitlines()
        if quoted.search(line) or "sample.benchmark ==" in line or "benchmark in" in line
    ]
    assert found == []


ORDINARY = {"oracle", "static", "echo", "empty", "crash", "predictions", "openai"}
"""Names of models that are words of every day, or of a package that judges need too."""


def test_the_engine_names_no_model():
    """But in examples of help texts: docstrings and options of commands."""
    named = "|".join(map(re.escape, sorted(set(registry.models()) - ORDINARY, key=len)[::-1]))
    families = r"\bSa2VA|\bSaSaSa2VA|\bSAMA\b(?![- ]Bench)|\bSAM ?[23]\b"
    name = re.compile(rf"(?<![\w.-])({named})(?![\w-])(?! import)|{families}", re.IGNORECASE)
    engine = ROOT / "sama_bench"
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted(engine.rglob("*.py"))
        if path.relative_to(engine).parts[0] not in CONTENT | {"cli"}
        and path.name != "sources.py"  # where files lie on the hub
        for line in path.read_text().splitlines()
        if name.search(line)
    ]
    assert found == []


CONTENT = {"adapters", "metrics", "splits", "leaderboards"}


def adapter(**declared):
    return type("Mine", (Adapter,), {"predict": lambda self, sample: None, **declared})()


@pytest.mark.parametrize(
    ("declared", "able"),
    [
        ({}, set(TASKS)),
        ({"can": frozenset({"segment"})}, MASK_TASKS),
        ({"can": frozenset({"describe"})}, set(TASKS) - MASK_TASKS),
        ({"can": frozenset({"ground"})}, set(TASKS)),
        ({"can": frozenset({"image"})}, set()),
        ({"can": frozenset({"describe"}), "tasks": {"choice"}}, {"choice"}),
    ],
)
def test_what_an_adapter_can_be_asked_is_its_tasks_else_what_follows_from_can(declared, able):
    assert tasks_of(adapter(**declared)) == able


def test_a_model_is_refused_what_it_does_not_do():
    mine = adapter(tasks=frozenset({"referring-segmentation"}))
    refuse_tasks(mine, "mine", {"mevis": ["referring-segmentation"]})
    with pytest.raises(AdapterError, match="asked by revos, which asks reasoning-segmentation: it"):
        refuse_tasks(mine, "mine", {"revos": ["reasoning-segmentation", "referring-segmentation"]})
    with pytest.raises(AdapterError, match="tasks is 'choice'; it is a set of grounded-chat, "):
        tasks_of(adapter(tasks="choice"))


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("sama-8b", {"region-caption"}),
        ("sa2va-8b", set()),
        ("sa2va-qwen3-vl-4b", {"region-caption"}),
        ("sa2va-llava-1.5-7b", {"region-caption"}),
        ("sa2va-i-4b", {"phrase-in-image", "grounded-caption", "region-caption"}),
        ("sasasa2va-4b", set(TASKS) - {"referring-segmentation", "reasoning-segmentation"}),
        ("openai", {"referring-segmentation", "reasoning-segmentation", "phrase-in-image"}),
        ("sam2-tiny", set(TASKS) - {"grounded-chat"}),
        ("flow", set()),
        ("oracle", set()),
    ],
)
def test_what_the_models_cannot_be_asked(name, lacking):
    from sama_bench.worker.adapter_import import adapter_class

    spec = registry.model(name)
    made = adapter_class(spec.adapter)()
    made.configure(
        Setup(name, options={"model": "x", **spec.options} if name == "openai" else spec.options)
    )
    assert set(TASKS) - tasks_of(made) == lacking
