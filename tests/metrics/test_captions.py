"""Caption scores: golden values, the reference side by side, hostile texts. Few JVM starts."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest

from sama_bench.metrics import captions
from sama_bench.metrics._captions import java_scores
from sama_bench.metrics._captions.java import JavaError
from sama_bench.metrics._captions.java_scores import score_with_java
from sama_bench.metrics.captions import (
    CAPTION_METRICS,
    CaptionError,
    CaptionPair,
    score_captions,
)
from tests.metrics import caption_texts
from tests.metrics.caption_reference import Reference, java_on_path

GOLDEN = Path(captions.__file__).parent / "_goldens" / "caption.json"
COMPUTED = CAPTION_METRICS[:-1]  # SPICE's models are not part of any package


def plain_groups():
    rng = random.Random(7)
    return {
        "plain": caption_texts.pairs(rng, 6),
        "puzzles": caption_texts.pairs(rng, 12, puzzles=0.5),
        "references": caption_texts.pairs(rng, 6, puzzles=0.2, references=4),
        "single": caption_texts.pairs(rng, 1),
    }


def odd_groups():
    rng = random.Random(8)
    truth = "a man walks a dog in the street"
    return {
        "empty": [CaptionPair("", ("the dog runs",)), CaptionPair("a cat", ("", "a cat"))],
        "no reference tokens": [CaptionPair("a dog", ("...",)), CaptionPair("b", ("",))],
        "surrogate": [CaptionPair("a dog \ud800 runs", ("a dog runs",))],
        "long": [
            CaptionPair(" ".join(rng.choices(truth.split(), k=10_000)), (truth,)),
            CaptionPair(truth, (truth,)),
        ],
        "hostile": [CaptionPair(caption_texts.hostile(rng), (truth,)) for _ in range(150)],
    }


@pytest.fixture(scope="module")
def scored():
    """All groups scored at once, under both protocols."""
    return score_captions({**plain_groups(), **odd_groups()})


@pytest.fixture(scope="module")
def reference():
    with java_on_path():
        yield Reference()


def test_goldens():
    triples = list(captions.recompute(json.loads(GOLDEN.read_text("utf-8"))))
    assert len(triples) > 600
    for label, expected, computed in triples:
        if isinstance(expected, float):
            assert computed == pytest.approx(expected, abs=1e-12, rel=0), label
        else:
            assert computed == expected, label


def test_released_values_are_pycocoevalcaps(scored, reference):
    """Every group, alone, through the reference: the same to 1e-12, hostile company or not."""
    for name, pairs in plain_groups().items():
        values, rows = reference.scores(pairs)
        group = scored.released[name]
        assert group.cause is None
        for metric in COMPUTED:
            assert group.values[metric] == pytest.approx(values[metric], abs=1e-12, rel=0)
            for found, row in zip(group.samples, rows, strict=True):
                assert found[metric] == pytest.approx(row[metric], abs=1e-12, rel=0)


def test_filtered_paraphrases_change_nothing(reference):
    """METEOR's statistics equal those with the whole table, on texts full of paraphrases."""
    rng = random.Random(9)
    texts = tuple(caption_texts.pairs(rng, 150, puzzles=0.15))
    found = score_with_java([texts])[texts]
    for (said, true), value in zip(found.segments, found.meteor.segments, strict=True):
        whole = reference.meteor.compute_score({"0": list(true)}, {"0": [said]})
        assert value == whole[1][0]


def test_strict_is_one_corpus(scored):
    strict = scored.strict
    samples = [values for group in strict.samples.values() for values in group]
    assert len(samples) == 25 + 2 + 2 + 1 + 2 + 150
    for metric in ("meteor", "rouge_l", "cider"):
        mean = math.fsum(values[metric] for values in samples) / len(samples)
        assert strict.values[metric] == pytest.approx(mean, abs=1e-12)
        group = [values[metric] for values in strict.samples["puzzles"]]
        assert strict.groups["puzzles"][metric] == pytest.approx(sum(group) / len(group))
    assert scored.released["single"].values["cider"] == 0.0
    assert strict.groups["single"]["cider"] > 0.0
    assert strict.groups["plain"]["bleu_4"] == scored.released["plain"].values["bleu_4"]


def test_failures_of_the_reference_are_zero_with_a_cause(scored):
    for name, word in (("no reference tokens", "no reference"), ("surrogate", "surrogate")):
        group = scored.released[name]
        assert word in group.cause
        assert all(group.values[metric] == 0.0 for metric in COMPUTED)
        assert all(value is None for sample in group.samples for value in sample.values())
    assert scored.strict.groups["surrogate"]["rouge_l"] > 0.5


def test_long_texts_are_scored_and_said(scored):
    assert scored.released["long"].samples[1]["meteor"] == 1.0
    assert scored.strict.samples["long"][1]["meteor"] == 1.0
    assert 0 < scored.strict.samples["long"][0]["meteor"] < 0.5
    assert any(
        "METEOR saw only the first words (1,000 at most) of 1 samples" in note
        for note in scored.notes
    )


def test_every_value_is_in_its_range(scored):
    groups = [*scored.released.values()]
    everything = [g.values for g in groups] + [s for g in groups if not g.cause for s in g.samples]
    everything += [scored.strict.values, *scored.strict.groups.values()]
    everything += [sample for group in scored.strict.samples.values() for sample in group]
    for values in everything:
        assert tuple(values) == CAPTION_METRICS
        for metric in COMPUTED:
            assert 0.0 <= values[metric] <= (10.0 if metric == "cider" else 1.0) + 1e-9


def test_spice_is_not_available_rather_than_zero(scored):
    assert "SAMA_BENCH_SPICE" in scored.unavailable["spice"]
    assert scored.strict.values["spice"] is None
    assert all(group.values["spice"] is None for group in scored.released.values())


def test_group_order_does_not_matter_and_nothing_is_computed_twice(scored, monkeypatch):
    monkeypatch.setattr(java_scores, "_score", None)  # what Java said is remembered
    groups = {**plain_groups(), **odd_groups()}
    turned = score_captions(dict(reversed(groups.items())))
    assert turned.released == scored.released
    for metric in COMPUTED:
        expected = scored.strict.values[metric]
        assert turned.strict.values[metric] == pytest.approx(expected, abs=1e-12)


def test_bad_requests_are_one_line():
    with pytest.raises(CaptionError, match="group 'v' has no captions"):
        score_captions({"v": []})
    with pytest.raises(CaptionError, match="released or strict"):
        score_captions({}, protocols=["exact"])
    with pytest.raises(CaptionError, match="one or more reference"):
        CaptionPair("a", ())
    assert score_captions({}).released == {}


def test_strict_raises_without_any_reference_token():
    group = {"no reference tokens": odd_groups()["no reference tokens"]}
    with pytest.raises(CaptionError, match="no reference of the corpus has a token"):
        score_captions(group, protocols=["strict"])


def test_missing_java_is_an_error_not_a_zero(tmp_path):
    with pytest.raises(JavaError, match="no Java at") as error:
        score_captions({"v": [CaptionPair("new text", ("x y z",))]}, java=tmp_path / "java")
    assert "\n" not in str(error.value)
