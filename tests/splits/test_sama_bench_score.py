"""Scores of SAMA-Bench on small hand-made data: what each protocol counts."""

import pytest

from sama_bench import registry
from sama_bench.benchmark import Entry, Outcome, Tools
from sama_bench.marks import grounded_answer, marked
from sama_bench.metrics.clair import SampleClair
from sama_bench.metrics.grounding import MATCHED_ONLY, NO_TARGET_ZERO
from sama_bench.metrics.phrases import TokenOverlap
from sama_bench.nouns import Answer, Masklet
from sama_bench.splits.sama_bench.judging import Judged
from sama_bench.splits.sama_bench.rows import Sheet, _block, rank_mean
from sama_bench.splits.sama_bench.rules import in_order
from sama_bench.splits.sama_bench.score_texts import TextScores
from tests.splits.sama_files import HEIGHT, WIDTH, Root, box, said, video

BOX = Masklet(HEIGHT, WIDTH, (box()["counts"],) * 3)
FAR = Masklet(HEIGHT, WIDTH, (box(20, 10)["counts"],) * 3)
TOOLS = Tools(phrases=TokenOverlap(), captions=False)


@pytest.fixture
def root(tmp_path):
    two = said("<mask>?", "<p>a box</p> [SEG]", "q0") + said("Any dog by <mask>?", "No.", "q1")
    item = video(conversation=two, obj_masks=[[1], [1]], groundtruth=[[[1]], []])
    other = video("mevis/val_u/JPEGImages/b")
    return Root(tmp_path).tracks(a1=[box()] * 3, a2=[box(8)] * 3).shard("mevis", [item, other])


def scored(root, answers, protocols=("released", "strict"), tools=TOOLS):
    benchmark = registry.benchmark("sama-bench-g")
    dataset = benchmark.open(root.path, "mevis", {})
    outcomes = dict(zip((entry.id for entry in dataset.entries), answers, strict=True))
    return dataset.score(outcomes.__getitem__, protocols, tools)


def value(scores, protocol, metric):
    (row,) = [
        row
        for row in scores.rows
        if (row.protocol, row.metric, row.split) == (protocol, metric, "mevis")
    ]
    return row.value


def answered(*masklets, phrase="a box"):
    text = " ".join(marked(phrase) for _ in masklets) or "No."
    return Outcome("answered" if masklets else "refused", grounded_answer(text, masklets))


def test_a_perfect_model(root):
    scores = scored(root, [answered(BOX), answered(), answered(BOX)])
    assert value(scores, "strict", "miou") == 1.0
    assert value(scores, "strict", "recall") == 1.0
    assert value(scores, "strict", "abstention_accuracy") == 1.0
    assert value(scores, "released", "miou") == 0.75  # Q13: the round without target counts 0
    assert value(scores, "released", "recall") == 1.0


def test_spurious_masks_cost_only_under_strict(root):
    scores = scored(root, [answered(BOX, FAR), answered(FAR), answered(BOX)])
    assert value(scores, "released", "miou") == 0.75
    assert value(scores, "strict", "miou") == 0.75  # (1/2 + 1) / 2 videos
    assert value(scores, "strict", "abstention_accuracy") == 0.0


def test_silence_leaves_the_released_recall(root):
    scores = scored(root, [answered(), answered(), answered(BOX)])
    assert value(scores, "released", "recall") == 0.5  # the silent video counts 0 (Q20)
    assert value(scores, "strict", "recall") == 0.5
    assert value(scores, "strict", "miou") == 0.5


def test_failed_and_missing_are_no_zeros(root):
    failed, missing = Outcome("failed", error="boom"), Outcome("missing")
    scores = scored(root, [answered(BOX), failed, missing])
    cover = scores.coverage["strict"]
    assert (cover.expected, cover.answered, cover.failed, cover.missing) == (3, 1, 1, 1)
    assert value(scores, "strict", "miou") == 1.0
    (row,) = [r for r in scores.rows if r.metric == "miou" and r.protocol == "strict"]
    assert row.coverage == pytest.approx(1 / 3)
    assert [s.notes for s in scores.samples if s.status == "failed"] == [{"error": "boom"}] * 2


def test_nothing_answered_has_no_value(root):
    scores = scored(root, [Outcome("missing")] * 3)
    assert value(scores, "strict", "miou") is None
    assert value(scores, "released", "miou") is None


def test_q15_misshapen_masks(root):
    short = Masklet(HEIGHT, WIDTH, BOX.counts[:2])
    scores = scored(root, [answered(short), answered(), answered(BOX)])
    assert value(scores, "released", "miou") == 0.5  # the video of the error counts 0
    (row,) = [r for r in scores.rows if (r.protocol, r.metric) == ("released", "miou")]
    assert row.note.startswith("1 videos count 0 as in the published code (Q15), first mevis/")
    noted = [video.notes for video in scores.videos if video.notes]
    assert [set(notes) for notes in noted] == [{"miou", "recall"}]
    assert scores.coverage["strict"].failed == 1
    one = Masklet(HEIGHT, WIDTH, BOX.counts[:1])
    scores = scored(root, [answered(one), answered(), answered(BOX)])
    assert value(scores, "released", "miou") == 0.75  # broadcast without a word
    assert scores.coverage["strict"].failed == 1


def test_q15_makes_up_no_recall(root):
    short = Masklet(HEIGHT, WIDTH, BOX.counts[:2])
    answers = [answered(short), answered(), answered(BOX)]
    scores = scored(root, answers, tools=Tools(captions=False))
    assert value(scores, "released", "miou") == 0.5
    assert value(scores, "released", "recall") is None


def test_q4_the_phrase_of_a_dropped_target_goes_with_it(root):
    answer = "<p>no cat</p> but <p>a box</p> [SEG]"
    talk = said("<mask>?", answer, "q0")
    root.shard("mevis", [video(conversation=talk, obj_masks=[[1]], groundtruth=[[[], [1]]])])
    assert value(scored(root, [answered(BOX)]), "strict", "recall") == 1.0


def test_q25_a_spice_that_is_no_number_leaves_strict_means(root):
    nan = float("nan")
    dataset = registry.benchmark("sama-bench-g").open(root.path, "mevis", {})
    judged = [Judged(entry, "answered") for entry in dataset.entries]
    spice = {item.entry.id: {"spice": x} for item, x in zip(judged, (nan, 0.2, 0.4), strict=True)}
    texts = TextScores(whole={"spice": pytest.approx(0.3)}, samples=spice)
    sheet = Sheet(dataset, "strict", TOOLS, True, judged, [], texts)
    (row,) = [row for row in _block(sheet, "mevis:mevis", whole=False) if row.metric == "spice"]
    assert row.value == pytest.approx(0.3)
    assert row.note == "1 samples whose spice is not a number (Q25)"


def test_a_stand_in_marks_recall(root):
    scores = scored(root, [answered(BOX), answered(), answered(BOX)])
    assert {row.variant for row in scores.rows if row.metric == "recall"} == {
        "phrase similarity by token-overlap"
    }
    assert {row.variant for row in scores.rows if row.metric == "miou"} == {None}
    bare = scored(root, [answered(BOX)] * 3, tools=Tools(captions=False))
    assert value(bare, "strict", "recall") is None


def test_one_quirk_at_a_time(root):
    answers = [answered(BOX, FAR), answered(), answered(BOX)]
    without = Tools(captions=False, quirks=frozenset({MATCHED_ONLY}))
    assert value(scored(root, answers, ("released",), without), "released", "miou") == 1.0
    without = Tools(captions=False, quirks=frozenset({NO_TARGET_ZERO}))
    assert value(scored(root, answers, ("released",), without), "released", "miou") == 0.625


def test_aggregation_a_weighs_ranks_alike():
    values = [0.1, 0.2, 0.9]
    expected = ((0.1 + 0.9) / 2.00001 + 0.2 / 1.00001) / 2
    assert rank_mean(values, 2, 0.00001) == pytest.approx(expected, abs=1e-15)
    assert rank_mean(values, 8, 0.0) == pytest.approx(0.4, abs=1e-15)
    assert rank_mean([], 8, 0.0) is None


@pytest.mark.parametrize(
    ("length", "order"), [(10, [7, 8, 1, 5, 3, 4, 2, 0, 9, 6]), (5, [2, 1, 0, 4, 3])]
)
def test_released_order_is_the_published_shuffle(length, order):
    entries = [Entry(str(n), "v", "mevis", attributes={"shard": "mevis"}) for n in range(length)]
    assert [int(entry.id) for entry in in_order(entries, "released", True)] == order
    assert in_order(entries, "strict", True) == entries
    assert in_order(entries, "released", False) == entries


def test_the_shuffle_sees_the_file_where_a_video_stands_twice(root):
    paths = ["a", "b", "a", "c", "b"]
    items = [
        video(f"mevis/val_u/JPEGImages/{path}", conversation=said("<mask>?", "<p>x</p> [SEG]", n))
        for n, path in enumerate(paths)
    ]
    root.shard("mevis", items)
    answers = [answered(BOX)] * 5
    scores = scored(root, answers, ("released",))
    # data.md 1.6: shuffling five items gives 2, 1, 0, 4, 3.
    assert [sample.id.rpartition("/")[2] for sample in scores.samples] == ["2", "1", "0", "4", "3"]
    strict = scored(root, answers, ("strict",))
    assert [sample.id.rpartition("/")[2] for sample in strict.samples] == ["0", "1", "2", "3", "4"]


def test_captions_of_both_protocols(root, few_paraphrases):
    tools = Tools(phrases=TokenOverlap())
    texts = ["a box", "No.", "a box"]
    answers = [Outcome("answered", Answer(text)) for text in texts]
    scores = scored(root, answers, tools=tools)
    assert value(scores, "strict", "rouge_l") == 1.0
    assert value(scores, "released", "meteor") is not None
    assert value(scores, "released", "spice") is None
    assert value(scores, "released", "clair") is None
    assert {row.note for row in scores.rows if row.metric == "clair"} == {
        "no judge was named (--judge-model)"
    }


def test_q24_and_q27_zeros_are_recorded_with_their_causes(root, few_paraphrases):
    talk = said("<mask>?", "<p></p> [SEG]", "q0")
    root.shard("mevis", [video(conversation=talk), video("mevis/val_u/JPEGImages/b")])

    def judge(texts, protocol):
        verdicts = [SampleClair(None, 1, cause="TypeError: null"), SampleClair(0.5, 1)]
        return dict(zip(texts, verdicts, strict=True))

    tools = Tools(phrases=TokenOverlap(), judge=judge)
    scores = scored(root, [answered(BOX)] * 2, ("released",), tools)
    first, second = scores.videos
    assert first.values["meteor"] == first.values["clair"] == 0.0
    assert first.notes["clair"] == "TypeError: null"
    assert "referenc" in first.notes["meteor"]
    assert "spice" not in first.notes  # not computed here, so no zero either
    assert second.notes == {}
    notes = {row.metric: row.note for row in scores.rows if row.split == "mevis"}
    assert notes["clair"].endswith(f"(Q27), first {first.video}: TypeError: null")
    assert "(Q24)" in notes["cider"]
    assert "TypeError" not in notes["cider"]
