"""The captions that are foretold from texts are those that scoring asks for."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from sama_bench import registry
from sama_bench.benchmark import Tools
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.metrics._captions.scores import VIDEO_CORPORA, CaptionScores
from sama_bench.metrics._captions.text_cuts import CUT_TEXTS
from sama_bench.metrics._captions.text_marks import MARKS_KEPT
from sama_bench.metrics.phrases import TokenOverlap
from sama_bench.nouns import Masklet, Segment
from sama_bench.runfolder.folder import RunFolder
from sama_bench.splits.sama_bench import score as scoring
from sama_bench.splits.sama_bench import score_texts
from sama_bench.splits.sama_bench.rules import OF_G
from tests.splits.sama_files import HEIGHT, WIDTH, Root, box, said, video

WHOLE = Masklet(HEIGHT, WIDTH, (box()["counts"],) * 3)
SHORT = Masklet(HEIGHT, WIDTH, WHOLE.counts[:2])
FOLDER = "mevis/val_u/JPEGImages"


@pytest.fixture
def dataset(tmp_path):
    items = []
    for name in "abcd":
        talk = [
            message
            for turn in range(3)
            for message in said(
                "What of <mask>?", f"<p>the {name}</p> [SEG] at {turn}.<|im_end|>", f"q{turn}"
            )
        ]
        items.append(
            video(
                f"{FOLDER}/{name}",
                conversation=talk,
                obj_masks=[[1]] * 3,
                groundtruth=[[[1]]] * 3,
            )
        )
    (tmp_path / "data").mkdir()
    root = Root(tmp_path / "data").tracks(a1=[box()] * 3).shard("mevis", items)
    return registry.benchmark("sama-bench-g").open(root.path, "mevis", {})


def recorded(dataset, folder, masklets=None):
    run = RunFolder(folder)
    with run.appender() as appender:
        for number, entry in enumerate(dataset.entries):
            text = f"<p>box</p> [SEG] of {entry.id} <unknown> </s> " + "far " * (350 * (number % 2))
            masklet = (masklets or {}).get(entry.id, WHOLE)
            segments = (Segment("box", masklet).to_json(),)
            appender.append(to_line(Prediction(entry.id, "answered", text, segments)))
        appender.append(to_line(Prediction(dataset.entries[4].id, "failed", error="boom")))
    run.refresh()
    return run.answers()


@pytest.fixture
def seen(monkeypatch):
    """What was foretold, and what was asked for."""
    foretold, asked = [], []

    @contextmanager
    def beside(corpora):
        foretold.extend(corpora)
        yield

    def score_both(released, strict, cut_released):
        assert not cut_released
        asked.extend(tuple(g) for groups in (released, strict) if groups for g in groups.values())
        return CaptionScores(dict.fromkeys(released or {}), None, {})

    monkeypatch.setattr(scoring, "scoring_in_background", beside)
    monkeypatch.setattr(score_texts, "score_both", score_both)
    monkeypatch.setattr(score_texts, "_of_videos", lambda *_: score_texts.TextScores())
    return foretold, asked


@pytest.mark.parametrize("off", [None, MARKS_KEPT, CUT_TEXTS, VIDEO_CORPORA])
def test_what_is_foretold_is_asked_for(tmp_path, dataset, seen, off):
    quirks = None if off is None else frozenset(OF_G) - {off}
    tools = Tools(phrases=TokenOverlap(), quirks=quirks)
    protocols = ("released", "strict") if off is None else ("released",)
    answers = recorded(dataset, tmp_path / "run")
    dataset.score(answers, protocols, tools)
    foretold, asked = seen
    assert len(asked) == 4 * len(protocols)
    assert foretold == asked


def test_unusable_masks_change_their_own_corpus_alone(tmp_path, dataset, seen):
    bad = dataset.entries[1]
    answers = recorded(dataset, tmp_path / "run", {bad.id: SHORT})
    tools = Tools(phrases=TokenOverlap())
    scores = dataset.score(answers, ("strict",), tools)
    foretold, asked = seen
    assert scores.coverage["strict"].failed == 2
    assert [len(corpus) for corpus in asked] == [2, 2, 3, 3]
    assert len(set(asked) - set(foretold)) == 1


def test_answers_that_cannot_tell_their_texts_are_scored_all_the_same(tmp_path, dataset, seen):
    answers = recorded(dataset, tmp_path / "run")
    tools = Tools(phrases=TokenOverlap())
    dataset.score(answers.__call__, ("strict",), tools)
    foretold, asked = seen
    assert foretold == []
    assert len(asked) == 4


def test_nothing_is_foretold_without_captions(tmp_path, dataset, seen):
    tools = Tools(phrases=TokenOverlap(), captions=False)
    answers = recorded(dataset, tmp_path / "run")
    dataset.score(answers, ("strict",), tools)
    assert seen == ([], [])
