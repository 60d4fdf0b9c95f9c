"""From conversations and descriptions to what is asked (protocol data.md 1.6, 1.7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sama_bench.benchmark import PROTOCOLS, Finding, Protocol
from sama_bench.metric import Quirk
from sama_bench.splits.sama_bench.shard import VideoItem

_SECTION = "SAMA-Bench-G protocol, section 10"
REQUEST_APPENDED = Quirk(
    1,
    "request_appended",
    "a request for masks is appended to questions, only where masks are expected",
    (),
    _SECTION,
)
ALIASES_CONVERTED_LATE = Quirk(
    2,
    "aliases_converted_late",
    "[SEG] is counted before its aliases are converted, and such rounds are dropped",
    (),
    _SECTION,
)
EMPTY_TARGET_REPEATS = Quirk(
    4, "empty_target_repeats", "an empty target repeats the previous one", (), _SECTION
)

GROUNDING_REQUEST = " Response with interleaved segmentation masks."
GROUNDING_FRAGMENT = "with interleaved segmentation masks."
DESCRIBE_REQUEST = "Please describe the region <mask> in the video in detail."
PROMPT_TOKENS = ("<image>\n", "<video>\n", "\n<video>", "\n<image>")
ALIASES = (("<seg>", "[SEG]"), ("<g_s>", "<p>"), ("<g_e>", "</p>"))

BOTH = frozenset(PROTOCOLS)


@dataclass(frozen=True)
class Round:
    """One question with its reference, still as annotation ids.

    Attributes:
        id: ``<video>/<question id>`` or ``<video>/<description id>``.
        turn: number of the round in the conversation; of the description for part C.
        question: as put to a model, with one ``<mask>`` per region.
        regions: annotation id per placeholder.
        answer: reference text, aliases converted.
        targets: per phrase the annotation ids whose union is the target; may hold empty ones.
        protocols: under which the round exists.
        problem: why it can be neither asked nor scored, or None.
    """

    id: str
    turn: int
    question: str
    regions: tuple[int, ...]
    answer: str
    targets: tuple[tuple[int, ...], ...]
    protocols: frozenset[Protocol] = BOTH
    problem: str | None = None


def convert_aliases(answer: str) -> str:
    """Replace the accepted aliases of ``[SEG]``, ``<p>`` and ``</p>`` (data.md 1.3)."""
    for alias, mark in ALIASES:
        answer = answer.replace(alias, mark)
    return answer


def chat_rounds(item: VideoItem) -> tuple[list[Round], list[Finding]]:
    """Cut a conversation into rounds and drop those that the protocols drop.

    ALIASES_CONVERTED_LATE: ``released`` counts the literal ``[SEG]`` before aliases are converted,
    ``strict`` after.

    Returns:
        rounds that exist under at least one protocol, and every drop with its reason.
    """
    where = f"{item.shard}.json, {item.video}"
    findings: list[Finding] = []
    messages = item.conversation
    if not messages:
        detail = "it has no conversation: nothing is asked of it"
        findings.append(Finding("no_conversation", where, detail))
    if len(messages) % 2:
        messages = messages[:-1]
        findings.append(
            Finding("dropped_message", where, "odd number of messages, the last is dropped")
        )
    rounds: list[Round] = []
    for turn in range(len(messages) // 2):
        human, gpt = messages[2 * turn], messages[2 * turn + 1]
        made, reasons = _chat_round(item, turn, human, gpt)
        for protocol, reason in reasons.items():
            detail = f"round {turn}: {reason}"
            findings.append(
                Finding("dropped_round", where, detail, protocols=frozenset({protocol}))
            )
        if made is not None:
            rounds.append(made)
    return rounds, findings


def _chat_round(
    item: VideoItem, turn: int, human: Any, gpt: Any
) -> tuple[Round | None, dict[Protocol, str]]:
    if not isinstance(human, dict) or human.get("from") != "human":
        return None, dict.fromkeys(PROTOCOLS, "the first message is not from 'human'")
    if not isinstance(gpt, dict) or gpt.get("from") != "gpt":
        return None, dict.fromkeys(PROTOCOLS, "the second message is not from 'gpt'")
    question, answer = human.get("value"), gpt.get("value")
    if not isinstance(question, str) or not isinstance(answer, str):
        return None, dict.fromkeys(PROTOCOLS, "a message has no text")
    regions = _ids(item.obj_masks[turn]) if turn < len(item.obj_masks) else None
    targets = _id_lists(item.groundtruth[turn]) if turn < len(item.groundtruth) else None
    if regions is None or targets is None:
        return None, dict.fromkeys(PROTOCOLS, "obj_masks or groundtruth has no entry for it")
    placeholders = question.count("<mask>")
    if placeholders != len(regions):
        reason = f"{placeholders} <mask> for {len(regions)} regions"
        return None, dict.fromkeys(PROTOCOLS, reason)
    wanted = sum(1 for target in targets if target)
    converted = convert_aliases(answer.strip())
    marks: dict[Protocol, int] = {
        "released": answer.count("[SEG]"),
        "strict": converted.count("[SEG]"),
    }
    reasons: dict[Protocol, str] = {
        protocol: f"{count} [SEG] for {wanted} targets"
        for protocol, count in marks.items()
        if count != wanted
    }
    protocols = frozenset(protocol for protocol in PROTOCOLS if protocol not in reasons)
    if not protocols:
        return None, reasons
    made = Round(
        id=f"{item.video}/{human.get('question_id', f'round{turn}')}",
        turn=turn,
        question=_as_asked(question, grounded=any(marks[protocol] for protocol in protocols)),
        regions=regions,
        answer=converted,
        targets=targets,
        protocols=protocols,
    )
    return made, reasons


def _as_asked(question: str, grounded: bool) -> str:
    if grounded and GROUNDING_FRAGMENT not in question:
        question += GROUNDING_REQUEST
    for token in PROMPT_TOKENS:
        question = question.replace(token, "")
    return question


def descriptions(item: VideoItem) -> tuple[list[Round], list[Finding]]:
    """List the region descriptions of a video, in file order.

    What makes the published script crash (a key without object number, a number out of range,
    the id -1, a missing description id) becomes a round with a ``problem``.
    """
    where = f"{item.shard}.json, {item.video}"
    rounds: list[Round] = []
    findings: list[Finding] = []
    if not item.description:
        detail = "it has no description: nothing is asked of it"
        findings.append(Finding("no_description", where, detail))
    for turn, (key, text) in enumerate(item.description.items()):
        number = re.search(r"obj(\d+)", key)
        position = int(number.group(1)) if number and len(number.group(1)) < 10 else -1
        problem = None
        region = -1
        if position < 0:
            problem = f"description key '{key[:40]}' names no object"
        elif position >= len(item.anno_map):
            problem = f"description of object {position}, but anno_map has {len(item.anno_map)}"
        elif not _is_id(item.anno_map[position]) or item.anno_map[position] == -1:
            problem = f"object {position} has no annotation"
        elif key not in item.description_id:
            problem = f"description_id has no '{key[:40]}'"
        elif not isinstance(text, str):
            problem = f"the description of '{key[:40]}' is not a text"
        else:
            region = item.anno_map[position]
        if problem:
            findings.append(Finding("broken_description", where, problem, fatal=True))
        rounds.append(
            Round(
                id=f"{item.video}/{item.description_id.get(key, key)}",
                turn=turn,
                question=DESCRIBE_REQUEST,
                regions=() if problem else (region,),
                answer=text.strip() if isinstance(text, str) else "",
                targets=(),
                problem=problem,
            )
        )
    return rounds, findings


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _ids(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, list) or not all(_is_id(item) for item in value):
        return None
    return tuple(value)


def _id_lists(value: Any) -> tuple[tuple[int, ...], ...] | None:
    if not isinstance(value, list):
        return None
    lists = [_ids(item) for item in value]
    return None if None in lists else tuple(ids for ids in lists if ids is not None)


def released_targets(made: Round) -> tuple[tuple[int, ...], ...]:
    """Return the targets as the published code sees them: an empty one repeats the previous.

    Raises:
        ValueError: the first target is empty, where the published code crashes.
    """
    targets: list[tuple[int, ...]] = []
    for target in made.targets:
        if not target and not targets:
            raise ValueError(
                "its first target is empty, where the published code crashes "
                f"({EMPTY_TARGET_REPEATS})"
            )
        targets.append(target or targets[-1])
    return tuple(targets)


def strict_targets(made: Round) -> tuple[tuple[int, ...], ...]:
    """Return the targets that exist: an empty one has no ``[SEG]`` and is dropped."""
    return tuple(target for target in made.targets if target)


def empty_targets(made: Round) -> Iterator[Finding]:
    """Report the empty targets of a round, which the protocols treat differently."""
    for position, target in enumerate(made.targets):
        if not target:
            kind = "repeated_target" if position else "broken_target"
            yield Finding(
                kind,
                made.id,
                f"target {position} is empty",
                protocols=frozenset({"released"}),
                fatal=not position,
            )
            yield Finding(
                "dropped_target",
                made.id,
                f"target {position} is empty",
                protocols=frozenset({"strict"}),
            )
