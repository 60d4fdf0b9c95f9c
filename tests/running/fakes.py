"""A small benchmark and adapters for the engine's tests."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image

from sama_bench.adapter import Adapter, ModelSpec, Oracle, Setup
from sama_bench.benchmark import Dataset, Entry
from sama_bench.nouns import Answer, Masklet, Reference, Region, Sample, Segment, Video
from sama_bench.runfolder.folder import RunFolder
from sama_bench.running.limits import Limits
from sama_bench.running.request import Request
from sama_bench.running.run import run
from sama_bench.running.schedule import Target

HEIGHT, WIDTH = 6, 8


class FakeDataset(Dataset):
    """``videos`` small videos with ``rounds`` questions each; nothing is read from disk."""

    def __init__(self, videos=4, rounds=3, frames=2, benchmark="fake", folder=None):
        self.benchmark, self.split, self.shards = benchmark, "tiny", ("tiny",)
        self.files = {"tiny.json": "sha256:0"}
        self.folder = folder
        self.frames = frames
        self.entries = [
            Entry(f"v{v}/{r}", f"v{v}", None, turn=r, frames=frames)
            for v in range(videos)
            for r in range(rounds)
        ]
        if folder is not None:
            for video in range(videos):
                for frame in range(frames):
                    path = Path(folder) / f"v{video}" / f"{frame}.png"
                    path.parent.mkdir(exist_ok=True, parents=True)
                    Image.fromarray(np.full((HEIGHT, WIDTH, 3), frame, np.uint8)).save(path)

    def track(self, id):
        seed = hashlib.sha256(id.encode()).digest()
        masks = np.zeros((self.frames, HEIGHT, WIDTH), np.uint8)
        for frame in range(self.frames):  # another mask on every frame
            masks[frame, seed[0] % 4 :, seed[1] % 5 : WIDTH - frame] = 1
        return Masklet.from_arrays(masks)

    def sample(self, id, tracks=False):
        video, _, turn = id.partition("/")
        root = self.folder or "/nowhere"
        names = tuple(f"{root}/{video}/{frame}.png" for frame in range(self.frames))
        track = self.track(id)
        region = Region(0, track.rle(0), track=track if tracks else None)
        return Sample(
            id, self.benchmark, Video(video, names, HEIGHT, WIDTH), f"Q{turn} <mask>?", (region,)
        )

    def reference(self, id, protocol):
        return Reference(f"truth of {id}", (self.track(id),))

    def findings(self, deep=False):
        return ()

    def score(self, answers, protocols, tools):
        raise NotImplementedError


class Plain(Adapter):
    """Answers from the sample alone; ``--option sleep=0.1`` takes its time."""

    takes_history = True

    def load(self, setup: Setup):
        self.sleep = float(setup.options.get("sleep", 0))
        self.options = setup.options

    def predict(self, sample):
        time.sleep(self.sleep)
        rle = sample.regions[0].mask
        masklet = Masklet.from_rles([rle] * len(sample.video), HEIGHT, WIDTH)
        said = " | ".join(turn.answer for turn in sample.dialogue)
        text = f"<p> it </p> [SEG] {sample.id} {sample.seed} after [{said}]"
        return Answer(text, (Segment("it", masklet),))

    def card(self):
        return {"sleep": "any"}


class Looking(Plain):
    """Looks at every frame."""

    def predict(self, sample):
        assert [int(frame[0, 0, 0]) for frame in sample.video] == list(range(len(sample.video)))
        return super().predict(sample)


class Bare:
    """Has ``predict`` and nothing else."""

    def predict(self, sample):
        return Answer("no")


class Spying(Bare):
    """Says all that it was given."""

    takes_tracks = False

    def predict(self, sample):
        return Answer(str(sample.to_json()))


class Tracking(Spying):
    takes_tracks = True


class Knowing(Oracle):
    def predict_knowing(self, sample, reference):
        segments = tuple(Segment(None, masklet) for masklet in reference.masklets)
        return Answer(reference.text, segments)


class Misbehaving(Plain):
    """Does to chosen samples what its options say: ``--option v0/1=raise``."""

    def predict(self, sample):
        print("a word that belongs to the log", flush=True)
        answer = super().predict(sample)
        return getattr(self, self.options.get(sample.id, "fine"))(answer)

    def fine(self, answer):
        return answer

    def refuse(self, answer):
        return Answer("There is no such thing.")

    def failure(self, answer):
        raise RuntimeError(f"a\nbad day with {os.environ.get('MY_API_KEY', 'no key')}")

    def memory(self, answer):
        raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")

    def die(self, answer):
        os._exit(7)

    def killed(self, answer):
        os.kill(os.getpid(), signal.SIGKILL)

    def segfault(self, answer):
        os.kill(os.getpid(), signal.SIGSEGV)

    def hang(self, answer):
        time.sleep(1000)

    def freeze(self, answer):
        os.kill(os.getpid(), signal.SIGSTOP)

    def nothing(self, answer):
        return None

    def frames(self, answer):
        masklet = Masklet(HEIGHT, WIDTH, answer.segments[0].masklet.counts[:1])
        return dataclasses.replace(answer, segments=(Segment(None, masklet),))

    def size(self, answer):
        return dataclasses.replace(
            answer,
            segments=(Segment(None, Masklet(2, 2, (None,) * len(answer.segments[0].masklet))),),
        )

    def broken(self, answer):
        counts = ("zz",) * len(answer.segments[0].masklet)
        return dataclasses.replace(
            answer, segments=(Segment(None, Masklet(HEIGHT, WIDTH, counts)),)
        )

    def nan(self, answer):
        masks = np.full((len(answer.segments[0].masklet), HEIGHT, WIDTH), np.nan, np.float32)
        return dataclasses.replace(answer, segments=(Segment(None, Masklet.from_arrays(masks)),))

    def endless(self, answer):
        return dataclasses.replace(answer, text="word " * 100_000)

    def notes(self, answer):
        return dataclasses.replace(answer, notes={"x": object()})


class Remote(Plain):
    """Like a model behind an endpoint: answers four questions at once."""

    concurrency = 4
    together = 0
    most = 0
    counting = threading.Lock()
    four = threading.Event()

    def predict(self, sample):
        with self.counting:
            Remote.together += 1
            Remote.most = max(Remote.most, Remote.together)
            if Remote.most == self.concurrency:
                self.four.set()
        self.four.wait()  # where there never are four, the call times out
        answer = super().predict(sample)
        with self.counting:
            Remote.together -= 1
        return dataclasses.replace(answer, notes={"most": Remote.most})


class Unloadable(Plain):
    def load(self, setup):
        raise RuntimeError("no such weights")


class Patient(Plain):
    """Loads until a file is there."""

    def load(self, setup):
        while not Path(setup.options["until"]).exists():
            time.sleep(0.02)
        super().load(setup)


class DiesLoading(Plain):
    def load(self, setup):
        os._exit(9)


QUICK = Limits(
    timeout=60, heartbeat=0.2, silence=30, back_off=0.05, max_failures=100, loading=60, starts=3
)


def request(runs, adapter="Plain", datasets=None, limits=QUICK, options=None, **more):
    """A request for one of the adapters above."""
    spec = ModelSpec(adapter.lower(), f"{__file__}:{adapter}", "a fake")
    setup = Setup(spec.name, options=options or {}, seed=more.pop("seed", 0))
    datasets = datasets if datasets is not None else [FakeDataset()]
    return Request(spec, setup, datasets, Path(runs), limits=limits, **more)


def ask(runs, adapter="Plain", **more):
    return run(request(runs, adapter, **more))


def answers(result_or_folder):
    """What scoring would see, by id."""
    folders = getattr(result_or_folder, "folders", [result_or_folder])
    found = {}
    for folder in map(RunFolder, folders):
        for id in folder.ids():
            outcome = folder.outcome(id)
            found[folder.path.parent.name, id] = (outcome.status, outcome.answer, outcome.error)
    return found


def target(runs, dataset=None):
    dataset = dataset or FakeDataset()
    return Target(dataset.benchmark, dataset, RunFolder(Path(runs)))
