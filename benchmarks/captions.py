"""Captions of a benchmark-sized run: ours against pycocoevalcap once per video.

The texts are generated: 522 videos with 5,067 pairs, sentences from a small grammar, predictions
that are edited references. The reference's time is extrapolated from a few of its videos, measured
in the same process right after ours; its values of these videos are compared with ours.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from benchmarks._memory import Watch
from sama_bench.metrics._captions import java_scores
from sama_bench.metrics._captions.java import find_java
from sama_bench.metrics.captions import CaptionPair, score_captions

VIDEOS, PAIRS = 522, 5067

Result = TypeVar("Result")

_NOUNS = """
man woman child dog cat horse car truck bicycle boat ball kite skateboard surfboard bear
elephant giraffe zebra bird duck chicken fish table chair sofa lamp bottle cup plate knife
guitar piano laptop phone camera umbrella backpack suitcase player referee dancer rider driver
farmer chef waiter tourist teenager toddler girl boy crowd team monkey panda rabbit squirrel
turtle snake train bus airplane helicopter fountain bench tree flower box basket toy doll robot
drum flag sign
""".split()  # noqa: SIM905 - a list of words would be long
_ADJECTIVES = """
red blue green yellow black white brown grey orange purple small large tall short young old
striped spotted wooden metal plastic shiny dirty empty full open closed bright dark round narrow
wide fluffy sleepy nervous cheerful calm broken folded leather plaid
""".split()  # noqa: SIM905 - a list of words would be long
_VERBS = """
walks runs jumps turns sits stands rides drives carries holds throws catches kicks pushes pulls
follows chases approaches passes watches touches lifts drops feeds washes paints opens closes
plays sings dances climbs falls rests sleeps eats drinks moves stops waits looks
""".split()  # noqa: SIM905 - a list of words would be long
_PLACES = """on the grass|in the street|near the river|behind the fence|beside the track|across the
frame|from left to right|from right to left|towards the camera|away from the camera|in the middle|at
the beginning of the video|on top of the hill|under the bridge|in front of the house|along the beach
|next to the other one|around the corner|out of the frame|with its head down""".replace("\n", " ")
_LINKS = ["and", "while", ", then it", "; later it", ". After a few seconds, it", "before it"]


def generate(
    videos: int = VIDEOS, pairs: int = PAIRS, seed: int = 0
) -> dict[str, list[CaptionPair]]:
    """Return generated pairs by video: 10 to 90 words a text."""
    rng = random.Random(seed)
    groups: dict[str, list[CaptionPair]] = {f"video{i:04}": [] for i in range(videos)}
    names = list(groups)
    for index in range(pairs):
        name = names[index] if index < videos else rng.choice(names)
        reference = _text(rng)
        groups[name].append(CaptionPair(_edit(reference, rng), (reference,)))
    return groups


def _text(rng: random.Random) -> str:
    places = [place.strip() for place in _PLACES.split("|")]
    clauses = []
    for _ in range(rng.randint(1, 7)):
        subject = f"{rng.choice(['The', 'A', 'Another', 'One'])} {rng.choice(_ADJECTIVES)} "
        subject += f"{rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)}"
        clause = f"{subject} {rng.choice(_VERBS)} {rng.choice(places)}"
        if rng.random() < 0.5:
            clause += f" {rng.choice(_LINKS)} {rng.choice(_VERBS)} {rng.choice(places)}"
        clauses.append(clause)
    return ". ".join(clauses) + "."


def _edit(text: str, rng: random.Random) -> str:
    """Drop, replace and insert words; sometimes answer something else."""
    if rng.random() < 0.1:
        return _text(rng)
    words = []
    for word in text.split(" "):
        draw = rng.random()
        if draw < 0.12:
            continue
        if draw < 0.3:
            word = rng.choice(_NOUNS + _ADJECTIVES + _VERBS)
        words.append(word)
    return " ".join(words)


def reference_values(pairs: list[CaptionPair]) -> dict[str, float]:
    """Score one video as pycocoevalcap's COCOEvalCap does, without SPICE."""
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.meteor.meteor import Meteor
    from pycocoevalcap.rouge.rouge import Rouge
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

    truth = {str(i): [{"caption": t} for t in pair.references] for i, pair in enumerate(pairs)}
    said = {str(i): [{"caption": pair.prediction}] for i, pair in enumerate(pairs)}
    tokenizer = PTBTokenizer()
    with contextlib.redirect_stdout(io.StringIO()):
        truth, said = tokenizer.tokenize(truth), tokenizer.tokenize(said)
        bleu = Bleu(4).compute_score(truth, said, verbose=0)[0]
        values = {f"bleu_{n + 1}": bleu[n] for n in range(4)}
        for name, scorer in (("meteor", Meteor()), ("rouge_l", Rouge()), ("cider", Cider())):
            values[name] = float(scorer.compute_score(truth, said)[0])
    return values


def run(quick: bool = False) -> list[dict[str, Any]]:
    """Measure; ``quick`` takes fewer of the reference's videos.

    ``s`` is wall time, ``CPU s`` what all processes took of the processors. ``peak MB`` is that of
    this process and its JVMs together.
    """
    groups = generate()
    java_scores._MEMORY.clear()
    with Watch(os.getpid()) as watch:
        scores, ours = _timed(lambda: score_captions(groups))

    os.environ["PATH"] = f"{find_java().parent}{os.pathsep}{os.environ['PATH']}"
    sampled = random.Random(1).sample(list(groups), 2 if quick else 10)
    values, theirs = _timed(lambda: {name: reference_values(groups[name]) for name in sampled})
    scale = VIDEOS / len(sampled)
    difference = max(
        abs(value - ((scores.released or {})[name].values[metric] or 0.0))
        for name in sampled
        for metric, value in values[name].items()
    )
    work = f"captions, {VIDEOS} videos, {PAIRS:,} pairs"
    same = f"within {difference:.1g}" if difference <= 1e-12 else f"DIFFERENT by {difference:.1g}"
    return [
        {
            "work": work,
            "way": f"reference: pycocoevalcap once per video, from {len(sampled)} videos",
            "s": theirs[0] * scale,
            "CPU s": theirs[1] * scale,
            "times faster": 1.0,
        },
        {
            "work": work,
            "way": "ours: both protocols at once",
            "s": ours[0],
            "CPU s": ours[1],
            "times faster": theirs[0] * scale / ours[0],
            "values": same,
            "peak MB": watch.highest,
        },
    ]


def _timed(work: Callable[[], Result]) -> tuple[Result, tuple[float, float]]:
    """Return a result with its wall seconds and its processor seconds, children included."""
    start, before = time.perf_counter(), os.times()
    result = work()
    wall, after = time.perf_counter() - start, os.times()
    return result, (wall, sum(after[:4]) - sum(before[:4]))
