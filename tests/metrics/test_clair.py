"""CLAIR: prompt, reading of replies, averages."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama_bench.metrics import clair
from sama_bench.metrics.clair import SampleClair

GOLDEN = Path(clair.__file__).parent / "_goldens" / "clair_parse.json"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_prompt_is_the_released_one():
    assert len(clair.PROMPT) == 413
    assert sha256(clair.PROMPT) == (
        "7b3744103e570fca208c0dd9a651dba28c351892425212133fb2861f9818eb6e"
    )
    system, user = clair.messages("A.", "B.", protocol="released")
    assert system == {"role": "system", "content": "You are a helpful assistant."}
    assert len(user["content"]) == 382
    assert sha256(user["content"]) == (
        "0b2d779eedd2a648188667652cbfa532dd561c8265c49a2a5d4529756dbb4ff1"
    )


def test_strict_prompt_speaks_of_videos_and_cuts_nothing():
    long = "word " * 400
    released = clair.messages(long, "{x} {candidate_statements}", protocol="released")[1]
    strict = clair.messages(long, "{x} {candidate_statements}", protocol="strict")[1]
    assert "image" in released["content"]
    assert "image" not in strict["content"]
    assert strict["content"].count("same video") == 2
    assert released["content"].count("word") == 300
    assert strict["content"].count("word") == 400
    assert "{x} {candidate_statements}" in strict["content"]
    with pytest.raises(ValueError, match="unknown protocol"):
        clair.messages("a", "b", protocol="other")


def test_goldens():
    triples = list(clair.recompute(json.loads(GOLDEN.read_text("utf-8"))))
    assert len(triples) > 150
    for label, expected, computed in triples:
        if isinstance(expected, float) and math.isnan(expected):
            assert math.isnan(computed), label
        elif isinstance(expected, float) and math.isfinite(expected):
            assert computed == pytest.approx(expected, abs=1e-15), label
        else:
            assert computed == expected, label


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ('{"score": 85, "reason": "x"}', 0.85),
        ('```json\n{"score": 85.5}\n```', 0.855),
        ('Sure: {"score": "70", "reason": "uses {braces}"}', 0.70),
        ('{"thought": {"a": 1}, "score": 0}', 0.0),
        ('{"result": {"score": 35}}', 0.35),
        ('{"score": 100}', 1.0),
        ('{"score": 150}', None),
        ('{"score": -5}', None),
        ('{"score": NaN}', None),
        ('{"score": Infinity}', None),
        ('{"score": true}', None),
        ('{"score": null}', None),
        ('{"score": [90]}', None),
        ('{"score": "high"}', None),
        ('{"score": "nan"}', None),
        ('<think>Draft: {"score": 20}</think>\n{"score": 80}', 0.8),
        ('Draft: {"score": 20}\n</think>\n{"score": 80}', 0.8),
        ('<think>{"score": 20}</think> hm <THINK>{"score": 30}</THINK>{"score": 80}', 0.8),
        ('[THINK]{"score": 20}[/THINK]{"score": 80}', 0.8),
        ('\u25c1think\u25b7{"score": 20}\u25c1/think\u25b7{"score": 80}', 0.8),
        ('{"score": 80, "reason": "the caption says <think>"}', 0.8),
        ('<think>I would say {"score": 20}, but', None),
        ('{"score": 20} <think> or rather {"score": 80}', 0.2),
        ('The candidate says {"score": 100}. {"score": 5, "reason": "no match"}', None),
        ('{"score": 10} {"score": 90}', None),
        ('{"score": 10} {"score": "high"}', None),
        ('{"score": 10, "score": 90}', None),
        ('{"score": 80} again: {"score": 80.0, "reason": "x"}', 0.8),
        ('{"score": 80, "draft": {"score": 20}}', 0.8),
        ("Score: 85", None),
        ("[85]", None),
        ("{" * 5000, None),
        ('{"a":' * 5000, None),
        ("", None),
        (None, None),
    ],
)
def test_strict_reading(reply, score):
    sample = clair.strict_sample(reply)
    assert sample.score == (None if score is None else pytest.approx(score))
    assert (sample.cause is None) == (score is not None)


@given(st.one_of(st.none(), st.text(), st.text(alphabet='{}[]":,.0123456789scoreNaI-e \n')))
def test_no_reply_breaks_the_reading(reply):
    strict = clair.strict_sample(reply)
    assert strict.score is None or 0 <= strict.score <= 1
    released = clair.released_sample([reply] * 3)
    assert (released.score is None) == (released.cause is not None)
    assert clair.wants_another(reply) == (released.calls == 3 and released.cause is None)


def test_an_unreadable_reply_needs_its_further_replies():
    assert clair.released_sample(["no", "no", "no"]).score == 0.0
    sample = clair.released_sample(["no"])
    assert sample.score is None
    assert sample.cause


def test_released_group_is_zero_with_a_cause():
    good, bad = SampleClair(0.5, 1), clair.released_sample(['{"score": "high"}'])
    assert clair.released_group([good, SampleClair(0.7, 2)]).value == pytest.approx(0.6)
    group = clair.released_group([good, bad])
    assert group.value == 0.0
    assert group.cause.startswith("ValueError")
    with pytest.raises(ValueError, match="one sample or more"):
        clair.released_group([])


def test_a_request_that_failed_is_no_zero_of_its_group():
    good, lost = SampleClair(0.5, 1), SampleClair(None, 1, cause="HTTP 400", failed=True)
    assert clair.released_group([good, lost]) == clair.GroupClair(None, "HTTP 400")


def test_strict_summary_counts_the_missing():
    missing = clair.strict_sample("?")
    summary = clair.strict_summary(
        {"a": [SampleClair(0.2, 1), missing], "b": [SampleClair(0.6, 1)], "c": [missing]}
    )
    assert summary.value == pytest.approx(0.4)
    assert summary.groups == {"a": 0.2, "b": 0.6, "c": None}
    assert (summary.judged, summary.missing) == (2, 2)
    assert clair.strict_summary({"c": [missing]}).value is None


def verdict(score):
    return json.dumps({"score": score, "reason": "same objects"})


@given(
    st.integers(0, 100),
    st.lists(st.integers(0, 100), max_size=3),
    st.sampled_from(["<think>{}</think>", "<thinking>{}</thinking>", "{}</think>"]),
    st.sampled_from(["", "\n", "Here it is: ", "```json\n"]),
)
def test_strict_reads_the_verdict_whatever_was_thought(score, drafts, form, before):
    """Drafts in the thinking never count; without it, objects that disagree are unreadable."""
    thought = form.replace("{}", " then ".join(map(verdict, drafts)))
    assert clair.strict_sample(thought + before + verdict(score)).score == score / 100
    several = before.join(map(verdict, [*drafts, score]))
    expected = score / 100 if set(drafts) <= {score} else None
    assert clair.strict_sample(several).score == expected


@given(st.lists(st.integers(0, 100), min_size=1, max_size=3))
def test_thinking_that_never_ends_has_no_verdict(drafts):
    assert clair.strict_sample("<think>" + " ".join(map(verdict, drafts))).score is None
