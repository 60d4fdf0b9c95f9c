"""What went wrong in a sample, in words that a reader of the report can act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sama_bench.marks import marked_phrases
from sama_bench.nouns import Answer
from sama_bench.report.tracks import FOUND, Pair, Tracks

HALF, LOST = 0.5, 0.25
LOST_SHARE = 0.25
LOW_JUDGE, LOW_TEXT = 0.4, 0.15


@dataclass(frozen=True)
class Kind:
    """One way to be wrong: its short name, and its definition as the report prints it."""

    title: str
    definition: str


# worst first: the gallery is sorted in this order, and a sample's main problem is its first
KINDS: Mapping[str, Kind] = {
    "failed": Kind("failed", "The model raised an exception, or its answer cannot be read."),
    "missing": Kind("missing", "The sample was not asked."),
    "refusal": Kind("refusal", "No mask at all although there are targets."),
    "not_abstained": Kind("not abstained", "There is no target, but the answer has masks."),
    "missed": Kind(
        "missed object", f"A target that no mask overlaps with an IoU of at least {FOUND}."
    ),
    "drifted": Kind(
        "drifted track",
        f"A mask that was on its target (J at least {HALF:g}) and then left it: J below {LOST:g} "
        f"on at least {LOST_SHARE:.0%} of the later frames that show the target.",
    ),
    "spurious": Kind(
        "spurious mask", f"A mask that belongs to no target (IoU below {FOUND}), or one too many."
    ),
    "loose": Kind("loose mask", f"A mask on its target with an IoU below {HALF:g}, not drifted."),
    "wrong_phrase": Kind(
        "wrong phrase",
        f"A mask on its target (IoU at least {HALF:g}) whose phrase is not similar to the "
        "target's (below 0.5), or that has no phrase.",
    ),
    "low_judge": Kind("low judge score", f"The judge gave the text less than {LOW_JUDGE:g}."),
    "low_text": Kind("weak text", f"Where no judge scored: METEOR below {LOW_TEXT:g}."),
    "fine": Kind("nothing found", "None of the above."),
}


@dataclass(frozen=True)
class Problem:
    """One thing that went wrong, with one line that says where."""

    kind: str
    detail: str = ""


def mask_problems(tracks: Tracks, masks: int, targets: int) -> Iterator[Problem]:
    """Yield what is wrong with the masks of an answer of ``masks`` masks."""
    if tracks.problem:
        yield Problem("failed", tracks.problem)
        return
    if not targets:
        if masks:
            yield Problem("not_abstained", f"{_number(masks, 'mask')} where nothing is to be found")
        return
    if not masks:
        yield Problem("refusal", f"{_number(targets, 'target')}, no mask")
        return
    for pair in tracks.pairs:
        yield from _pair_problem(pair)
    for number in tracks.spurious:
        yield Problem("spurious", f"mask {letter(number)} belongs to no target")


def _pair_problem(pair: Pair) -> Iterator[Problem]:
    named = f"target {pair.target + 1}"
    if pair.prediction is None:
        yield Problem("missed", f"{named}: best IoU {pair.iou:.2f}")
        return
    lost = lost_from(pair)
    if lost is not None:
        yield Problem("drifted", f"mask {letter(pair.prediction)} leaves {named} from frame {lost}")
    elif pair.iou < HALF:
        yield Problem("loose", f"mask {letter(pair.prediction)} on {named}: IoU {pair.iou:.2f}")


def lost_from(pair: Pair) -> int | None:
    """Return the first frame on which a track is off its target after it was on it, or None."""
    shown = [frame for frame, visible in enumerate(pair.visible) if visible]
    on = next((place for place, frame in enumerate(shown) if pair.j[frame] >= HALF), None)
    if on is None:
        return None
    later = shown[on + 1 :]
    off = [frame for frame in later if pair.j[frame] < LOST]
    return off[0] if off and len(off) >= LOST_SHARE * len(later) else None


def phrase_problems(
    answer: Answer, reference: str | None, tracks: Tracks, phrases: Any
) -> Iterator[Problem]:
    """Yield the masks whose phrase is another than that of the target that they lie on.

    Args:
        answer: of the model.
        reference: raw text of the reference, or None.
        tracks: its masks against the targets.
        phrases: a phrase similarity, or None: then nothing can be said.
    """
    wanted = _phrases(reference or "")
    if phrases is None or not wanted:
        return
    said = _phrases(answer.text)
    similar = phrases.similarity(wanted, said) if said else None
    for pair in tracks.pairs:
        if pair.prediction is None or pair.iou < HALF or pair.target >= len(wanted):
            continue
        named = f"mask {letter(pair.prediction)}"
        if pair.prediction >= len(said):
            yield Problem("wrong_phrase", f"{named} has no phrase")
        elif similar is not None and similar[pair.target, pair.prediction] < 0.5:
            yield Problem(
                "wrong_phrase",
                f"{named} is called “{said[pair.prediction]}”, target {pair.target + 1} is "
                f"“{wanted[pair.target]}”",
            )


def text_problems(values: Mapping[str, float | None]) -> Iterator[Problem]:
    """Yield what the scores of the text say."""
    clair, meteor = values.get("clair"), values.get("meteor")
    if clair is not None:
        if clair < LOW_JUDGE:
            yield Problem("low_judge", f"CLAIR {clair:.2f}")
    elif meteor is not None and meteor < LOW_TEXT:
        yield Problem("low_text", f"METEOR {meteor:.2f}")


def in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Sort problems worst first; none at all is said too."""
    rank = list(KINDS)
    found = sorted(problems, key=lambda problem: rank.index(problem.kind))
    return tuple(found) or (Problem("fine"),)


def letter(number: int) -> str:
    """Name a predicted mask: A, B, ..., Z, A1, ...; targets bear numbers."""
    return chr(65 + number % 26) + (str(number // 26) if number >= 26 else "")


def _phrases(text: str) -> list[str]:
    return [phrase.lower() for phrase in marked_phrases(text) if phrase]


def _number(count: int, word: str) -> str:
    return f"{count} {word}" + ("s" if count != 1 else "")
