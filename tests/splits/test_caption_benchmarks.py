import json

import numpy as np
import pytest

from sama_bench.benchmark import PROTOCOLS, Outcome, Tools
from sama_bench.errors import DataError, IncompleteError, UserError
from sama_bench.formats.recognise import answers_from
from sama_bench.metrics._captions.scores import CaptionError
from sama_bench.metrics.phrases import TokenOverlap
from sama_bench.nouns import Answer, Masklet, Segment
from sama_bench.splits._mini import ensure_mini
from sama_bench.splits._scores import caption_rows
from sama_bench.splits.gcg import Gcg
from sama_bench.splits.region_captions import RegionCaptions
from tests.splits.referring_data import values


@pytest.fixture(scope="module")
def gcg():
    return Gcg().open(None, "mini", {})


@pytest.fixture(scope="module")
def regions():
    return RegionCaptions().open(None, "mini", {})


QUIET = Tools(captions=False, phrases=TokenOverlap())


def oracle(dataset):
    def answers(id):
        reference = dataset.reference(id, "strict")
        segments = tuple(Segment(None, masklet) for masklet in reference.masklets)
        return Outcome("answered", Answer(reference.text, segments))

    return answers


def test_gcg_asks_for_a_grounded_description(gcg):
    sample = gcg.sample(gcg.entries[0].id)
    assert len(sample.text) == 156
    assert "     segmentation" in sample.text
    assert sample.video.frame(0).shape == (sample.video.height, sample.video.width, 3)
    clean = Gcg().open(None, "mini", {"prompt": "clean"})
    assert "interleaved segmentation" in clean.sample(gcg.entries[0].id).text
    with pytest.raises(UserError, match="choose from released, clean"):
        Gcg().open(None, "mini", {"prompt": "x"})
    assert list(gcg.findings(deep=True)) == []


def test_gcg_of_a_perfect_answer(gcg):
    scores = gcg.score(oracle(gcg), PROTOCOLS, QUIET)
    for protocol in PROTOCOLS:
        rows = {row.metric: row for row in scores.rows if row.protocol == protocol}
        assert rows["ap50"].value == pytest.approx(1.0)
        assert rows["miou"].value == 1.0
        assert rows["recall"].value == 1.0
        assert rows["recall"].variant == "phrases=token-overlap"
        assert rows["meteor"].value is None
        assert "switched off" in rows["meteor"].note


def test_gcg_counts_extra_and_lacking_masks(gcg):
    right = oracle(gcg)

    def answers(id):
        answer = right(id).answer
        wrong = Masklet.from_arrays(np.eye(*answer.segments[0].masklet.decode(0).shape)[None])
        segments = (Segment(None, wrong), *answer.segments[1:])
        return Outcome("answered", Answer(answer.text, segments))

    rows = gcg.score(answers, ("strict",), QUIET).rows
    found = {row.metric: row.value for row in rows}
    assert 0 < found["ap50"] < 1
    assert 0 < found["miou"] < 1
    assert 0 < found["recall"] < 1


def test_gcg_missing_images(gcg):
    first = gcg.entries[0].id

    def answers(id):
        return Outcome("missing") if id == first else oracle(gcg)(id)

    scores = gcg.score(answers, PROTOCOLS, QUIET)
    assert values(scores, "released", "mini")["ap50"] is None
    share = 1 - 1 / len(gcg.entries)
    assert values(scores, "strict", "mini")["miou"] == pytest.approx(share)
    with pytest.raises(IncompleteError, match="1 images have no usable answer"):
        gcg.score(answers, ("released",), QUIET)
    dropped = Tools(captions=False, phrases=TokenOverlap(), options={"missing": "drop"})
    scores = gcg.score(answers, ("released",), dropped)
    assert values(scores, "released", "mini")["miou"] == 1.0


def test_gcg_without_phrases_has_no_recall(gcg):
    scores = gcg.score(oracle(gcg), ("strict",), Tools(captions=False))
    (row,) = [row for row in scores.rows if row.metric == "recall"]
    assert (row.value, row.note) == (None, "no phrase similarity was chosen (--phrases)")


LINE = [[1, 1, 5, 5]]


def outside(content):
    content["annotations"][0]["segmentation"] = [[9000, 9000, 9009, 9000, 9009, 9009]]


def findings(tmp_path, benchmark, change, holds='"segmentation"'):
    """What is found in a mini whose file of masks was changed, and its number of samples."""
    root = ensure_mini(tmp_path / "data", benchmark.name)
    (path,) = (
        p for p in root.rglob("*.json") if holds in p.name + p.read_text() and "val" in p.name
    )
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    dataset = benchmark.open(tmp_path / "data", "val", {})
    return [(f.kind, f.fatal) for f in dataset.findings()], len(dataset.entries)


@pytest.mark.parametrize(
    ("benchmark", "kind"), [(Gcg(), "unusable_image"), (RegionCaptions(), "broken_mask")]
)
@pytest.mark.parametrize("empty", ["absent", None, []])
def test_an_annotation_without_a_mask_is_found(tmp_path, benchmark, kind, empty):
    def change(content):
        content["annotations"][0]["segmentation"] = empty
        if empty == "absent":
            del content["annotations"][0]["segmentation"]

    assert findings(tmp_path, benchmark, change)[0] == [(kind, True)]


@pytest.mark.parametrize("benchmark", [Gcg(), RegionCaptions()])
def test_what_stands_twice_counts_once(tmp_path, benchmark):
    def twice(content):
        content["images"] *= 2
        content["annotations"] *= 2

    found, samples = findings(tmp_path / "twice", benchmark, twice)
    assert set(found) == {("repeated", False)}
    whole, same = findings(tmp_path / "once", benchmark, lambda content: None)
    assert (whole, same) == ([], samples)


def test_two_things_of_one_id_are_found(tmp_path):
    def change(content):
        content["images"].append({**content["images"][0], "file_name": "b.jpg"})
        content["annotations"].append({**content["annotations"][0], "area": -1})

    found, _ = findings(tmp_path, Gcg(), change)
    assert [item for item in found if item[0] == "ambiguous_id"] == [
        ("ambiguous_id", True),
        ("ambiguous_id", False),
    ]


@pytest.mark.parametrize(
    ("benchmark", "change", "kinds"),
    [
        (Gcg(), lambda c: c["annotations"][0].update(image_id=9999), "stray_annotation"),
        (RegionCaptions(), lambda c: c["images"].pop(0), "stray_annotation unasked_image"),
        (Gcg(), outside, "empty_mask"),
        (RegionCaptions(), outside, "empty_mask"),
        (Gcg(), lambda c: c["annotations"].append(dict(c["annotations"][0], id=9999)), "again"),
        (RegionCaptions(), lambda c: c["annotations"][0].update(image_id=2), "other_image"),
        (RegionCaptions(), lambda c: c["annotations"][0].update(segmentation=LINE), "broken_mask"),
        (Gcg(), lambda c: c["annotations"][0].update(segmentation=LINE), "unusable_image"),
    ],
)
def test_what_would_count_silently_is_found(tmp_path, benchmark, change, kinds):
    found = {kind for kind, _ in findings(tmp_path, benchmark, change)[0]}
    wanted = set(kinds.replace("again", "repeated_content phrases_and_masks").split())
    assert found - {"phrases_and_masks"} == wanted - {"phrases_and_masks"}


@pytest.mark.parametrize("key", ["caption", "labels"])
@pytest.mark.parametrize("benchmark", [Gcg(), RegionCaptions()])
def test_captions_and_phrases_without_words_are_found(tmp_path, benchmark, key):
    def change(content):
        for item in content["annotations"]:
            if key in item:
                item[key] = " \n" if key == "caption" else [""] * len(item[key])

    holds = '"caption"' if benchmark.name == "gcg" else "_captions"
    found = {kind for kind, _ in findings(tmp_path, benchmark, change, holds)[0]}
    phrases = {"empty_phrase"} if benchmark.name == "gcg" else set()
    assert found - {"repeated_content"} == ({"empty_caption"} if key == "caption" else phrases)


@pytest.mark.parametrize("id", [[1], {"a": 1}, True, None])
def test_ids_of_wrong_types_are_one_line(tmp_path, id):
    with pytest.raises(DataError, match="its 'id' is a"):
        findings(tmp_path, Gcg(), lambda c: c["annotations"][0].update(id=id))


def test_gcg_masks_of_another_size_are_a_failure(gcg):
    wrong = Answer("x", (Segment(None, Masklet.from_arrays(np.ones((1, 3, 3)))),))
    scores = gcg.score(lambda id: Outcome("answered", wrong), ("strict",), QUIET)
    assert scores.coverage["strict"].failed == len(gcg.entries)


def test_regions_are_asked_about_with_their_mask(regions):
    sample = regions.sample(regions.entries[0].id)
    assert sample.text.count("<mask>") == len(sample.regions) == 1
    assert sample.wants == {"text"}
    assert sample.regions[0].mask["size"] == [sample.video.height, sample.video.width]
    assert list(regions.findings(deep=True)) == []
    with pytest.raises(DataError, match="no sample"):
        regions.sample("none")


def test_region_captions_and_their_cleaning(regions, few_paraphrases):
    def answers(id):
        return Outcome("answered", Answer(f"Region1 is {regions.references(id)[0]}.<|im_end|>"))

    scores = regions.score(answers, PROTOCOLS, Tools())
    released, strict = (values(scores, protocol, "mini") for protocol in PROTOCOLS)
    assert strict["meteor"] > 0.9
    assert strict["cider"] > 1
    damaged = any("is" in text for e in regions.entries for text in regions.references(e.id)[:1])
    assert damaged == (released["meteor"] < strict["meteor"])  # Q49
    sample = next(s for s in scores.samples if s.protocol == "strict")
    assert sample.values["meteor"] is not None


@pytest.fixture
def scored_texts(monkeypatch):
    """Stand in for the caption metrics and keep the texts that they are given."""
    seen = {}

    def keep(released, strict, cut_released):
        assert not cut_released
        for name, groups in (("released", released), ("strict", strict)):
            seen[name] = [pair.prediction for pair in groups["all"]] if groups else None
        raise CaptionError("not scored in this test")

    monkeypatch.setattr(caption_rows, "score_both", keep)
    return seen


def test_what_is_scored_of_a_reply(regions, scored_texts, tmp_path):
    reply = "The region marked by region1 shows this man's wrist.<|im_end|>"

    def answers(id):
        return Outcome("answered", Answer(reply))

    scores = regions.score(answers, PROTOCOLS, Tools())
    assert set(scored_texts["released"]) == {"th man's wrt."}
    assert set(scored_texts["strict"]) == {"this man's wrist."}
    assert scores.rows[0].note == "not scored in this test"
    regions.score(answers, ("released",), Tools(quirks=frozenset()))
    assert set(scored_texts["released"]) == {"this man's wrist."}
    path = tmp_path / "captions.json"
    saved = [{"image_id": int(e.id), "prediction": "this is saved"} for e in regions.entries]
    path.write_text(json.dumps(saved))
    regions.score(answers_from(path, regions).answers, PROTOCOLS, Tools())
    assert set(scored_texts["released"]) == {"this is saved"}


def test_region_captions_missing(regions):
    first = regions.entries[0].id

    def answers(id):
        return Outcome("missing") if id == first else oracle(regions)(id)

    off = Tools(captions=False)
    with pytest.raises(IncompleteError, match="1 regions have no usable answer"):
        regions.score(answers, ("released",), off)
    scores = regions.score(answers, PROTOCOLS, off)
    notes = {row.protocol: row.note for row in scores.rows}
    assert "no figure without 1 missing" in notes["released"]
    assert "an empty answer each: 1 missing" in notes["strict"]


def test_malformed_coco_files(tmp_path):
    folder = tmp_path / "glamm_data/annotations/gcg_val_test"
    folder.mkdir(parents=True)
    captions, masks = (folder / f"val_gcg_coco_{kind}_gt.json" for kind in ("caption", "mask"))
    masks.write_text('{"images": [], "annotations": []}')
    for content, says in (
        ("[]", "must hold an object"),
        ("{}", "no list 'images'"),
        ('{"images": [{}], "annotations": []}', "an image without 'id'"),
        ('{"images": [{"id": 1, "file_name": "../x"}], "annotations": []}', "cannot be the name"),
        (
            '{"images": [{"id": 1, "file_name": "\\ud800"}], "annotations": []}',
            "cannot be the name",
        ),
        ('{"images": [{"id": "\\ud800"}], "annotations": []}', "cannot be the id"),
        ('{"images": [], "annotations": [{}]}', "no 'image_id'"),
        (
            '{"images": [{"id": 1, "height": 1e9, "width": 2}], "annotations": []}',
            "two whole numbers",
        ),
    ):
        captions.write_text(content)
        with pytest.raises(DataError, match=says):
            Gcg().open(tmp_path, "val", {})
