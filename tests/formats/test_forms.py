"""Forms of answers that people really have: each ends in its value, a listed item or a refusal."""

import json

import numpy as np
import pytest
from PIL import Image

from sama_bench.errors import DataError
from sama_bench.formats.recognise import answers_from
from sama_bench.media import rle as coco_rle
from sama_bench.scoring.remarks import remarks
from sama_bench.scoring.scored_run import read_scored_run
from sama_bench.splits._mini import ensure_mini
from sama_bench.splits.ref_davis17 import RefDavis17
from sama_bench.splits.ref_davis17.objects import ANNOTATORS, by_object
from sama_bench.splits.ref_sav import RefSav
from sama_bench.splits.refcoco import BENCHMARKS as REFCOCO
from sama_bench.splits.region_captions import BENCHMARKS as CAPTIONS
from tests.formats.test_formats import write_results
from tests.runs import run_command
from tests.splits.referring_data import guess, write_referring


@pytest.fixture
def data(tmp_path):
    return write_referring(tmp_path / "data")


def save(path, content):
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("item", "status", "reason"),
    [
        ({"prediction_masks": None}, "refused", None),
        ({"prediction_masks": []}, "refused", None),
        ({"masks": [], "text_prediction": "x"}, "failed", "it has masks, text_prediction"),
        ({"boxes": [[1, 2, 3, 4]]}, "failed", "it has boxes"),
        ({}, "failed", "it has no keys"),
        ([], "failed", "no object"),
        ({"prediction_masks": "abc"}, "failed", "is no list"),
        ({"prediction_masks": [[1, 2]] * 4}, "failed", "RLE"),
        ({"prediction_masks": [0] * 4}, "failed", "not int"),
        ({"prediction_masks": [False] * 4}, "failed", "not bool"),
        ({"prediction_masks": [""] * 4}, "failed", "not str"),
        ({"prediction_masks": [None] * 4, "frames": ["00000"] * 4}, "failed", "a frame twice"),
    ],
)
def test_only_an_explicit_nothing_is_a_refusal(data, tmp_path, item, status, reason):
    dataset = RefSav().open(data, "valid", {})
    path = save(tmp_path / "results.json", {"vid_a": {"0": item}})
    outcome = answers_from(path, dataset).answers("vid_a/0")
    assert outcome.status == status
    assert reason is None or reason in outcome.error


def counts_of(mask, form):
    if form == "runs":
        flat = mask.reshape(-1, order="F")
        edges = np.flatnonzero(np.diff(np.concatenate([[0], flat, [0]])))
        runs = np.diff(np.concatenate([[0], edges, [flat.size]]))
        return [int(run) for run in (runs if flat[-1] == 0 else runs[:-1])]
    text = coco_rle.encode(mask)["counts"]
    return str(text.encode()) if form == "bytes" else text


@pytest.mark.parametrize("form", ["text", "bytes", "runs"])
def test_counts_of_every_form_are_the_same_mask(data, tmp_path, form):
    dataset = RefSav().open(data, "valid", {})
    masklet = guess(5)
    planes = [masklet.decode(frame) for frame in range(4)]
    masks = [{"size": list(plane.shape), "counts": counts_of(plane, form)} for plane in planes]
    path = save(tmp_path / "results.json", {"vid_a": {"0": {"prediction_masks": masks}}})
    (segment,) = answers_from(path, dataset).answers("vid_a/0").answer.segments
    assert all(
        np.array_equal(segment.masklet.decode(frame), plane) for frame, plane in enumerate(planes)
    )


@pytest.fixture(scope="module")
def sentences():
    return REFCOCO[0].open(None, "mini", {})


def mask_item(dataset, id, **more):
    image, _, sentence = id.partition("/")
    return {"image_id": image, "sent_id": sentence, **more}


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"segmentation": None}, "refused"),
        ({"pred_masks": []}, "refused"),
        ({"bbox": [0, 0, 5, 5]}, "failed"),
        ({"mask": {"size": [1, 1], "counts": "1"}}, "failed"),
        ({"segmentation": [[0, 0, 5, 0, 5, 5]]}, "failed"),
        ({"segmentation": {}}, "failed"),
        ({"segmentation": 0}, "failed"),
        ({"pred_masks": [{}]}, "failed"),
        ({"pred_masks": [False]}, "failed"),
        ({"pred_masks": None, "segmentation": {"size": [1, 1], "counts": "?"}}, "failed"),
    ],
)
def test_masks_of_sentences(sentences, tmp_path, more, status):
    id = sentences.entries[0].id
    path = save(tmp_path / "masks.json", [mask_item(sentences, id, **more)])
    assert answers_from(path, sentences).answers(id).status == status


def test_two_results_for_one_item_are_said(sentences, tmp_path):
    id = sentences.entries[0].id
    empty, none = mask_item(sentences, id, pred_masks=[]), mask_item(sentences, id, bbox=[])
    imported = answers_from(save(tmp_path / "masks.json", [none, empty, empty]), sentences)
    assert imported.replaced == (id,)
    assert imported.answers(id).status == "refused"
    assert [finding.kind for finding in imported.findings()] == ["replaced_result"]


def test_captions_in_cocos_form_count_like_ours(tmp_path):
    dataset = CAPTIONS[0].open(None, "mini", {})
    ids = [entry.id for entry in dataset.entries]
    for key in ("prediction", "caption"):
        path = save(tmp_path / "c.json", [{"image_id": id, key: f"a {id}"} for id in ids])
        assert answers_from(path, dataset).answers(ids[0]).answer.text == f"a {ids[0]}"
    wrong = save(tmp_path / "c.json", [{"image_id": id, "words": "a"} for id in ids])
    with pytest.raises(DataError, match=r"prediction or caption for captions; it has image_id"):
        answers_from(wrong, dataset)
    mixed = [{"image_id": id, "caption": "a"} for id in ids]
    mixed[0] = {"image_id": ids[0], "score": 1}
    outcome = answers_from(save(tmp_path / "c.json", mixed), dataset).answers(ids[0])
    assert outcome.status == "failed"
    assert "it has image_id, score" in outcome.error


def test_a_caption_beside_a_lacking_prediction_is_no_answer(tmp_path):
    """In lists of region captions ``caption`` may be the reference."""
    dataset = CAPTIONS[0].open(None, "mini", {})
    ids = [entry.id for entry in dataset.entries]
    items = [{"image_id": id, "prediction": None, "caption": "the truth"} for id in ids]
    outcome = answers_from(save(tmp_path / "c.json", items), dataset).answers(ids[0])
    assert outcome.status == "failed"


def test_captions_alone_do_not_answer_a_benchmark_of_masks(tmp_path):
    from sama_bench.splits.gcg import BENCHMARKS

    dataset = BENCHMARKS[0].open(None, "mini", {})
    items = [{"image_id": entry.id, "caption": "a dog"} for entry in dataset.entries]
    outcome = answers_from(save(tmp_path / "c.json", items), dataset).answers(items[0]["image_id"])
    assert outcome.status == "failed"
    assert "a caption without masks" in outcome.error


def test_masks_without_names_of_frames_are_said(data, tmp_path):
    dataset = RefSav().open(data, "valid", {})
    masklets = {entry.id: guess(number) for number, entry in enumerate(dataset.entries)}
    path = write_results(tmp_path / "results.json", dataset, masklets)
    assert answers_from(path, dataset).by_order == ()
    content = json.loads(path.read_text())
    del content["vid_a"]["0"]["frames"]
    imported = answers_from(save(tmp_path / "r.json", content), dataset)
    assert imported.by_order == ("vid_a/0",)
    (remark,) = remarks(imported.findings(), ("strict",))
    assert "1 answers name no frames: their masks were matched by order" in remark.text


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"segments": []}, "answered"),
        ({"segments": None}, "answered"),
        ({"masks": []}, "failed"),
        ({"bbox": [0, 0, 5, 5]}, "failed"),
        ({}, "failed"),
    ],
)
def test_lines_without_segments(data, tmp_path, more, status):
    dataset = RefSav().open(data, "valid", {})
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"id": "vid_a/0", "status": "answered", "text": "x", **more}))
    assert answers_from(path, dataset).answers("vid_a/0").status == status


def test_lines_of_texts_need_no_segments(tmp_path):
    dataset = CAPTIONS[0].open(None, "mini", {})
    id = dataset.entries[0].id
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"id": id, "status": "answered", "text": "a dog"}))
    assert answers_from(path, dataset).answers(id).answer.text == "a dog"


def test_two_lines_for_one_item_are_said_and_a_second_try_is_not(data, tmp_path):
    dataset = RefSav().open(data, "valid", {})
    path = tmp_path / "p.jsonl"
    lines = [("vid_a/0", "failed"), ("vid_a/0", "refused"), ("vid_a/2", "refused")]
    lines += [("vid_a/2", "refused")]
    records = [{"id": id, "status": status, "segments": []} for id, status in lines]
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    assert answers_from(path, dataset).replaced == ("vid_a/2",)


def write_masks(folder, dataset, change=lambda plane: plane):
    for number, entry in enumerate(dataset.entries):
        masklet = guess(number)
        target = folder / entry.id
        target.mkdir(parents=True)
        for place, frame in enumerate(dataset.sample(entry.id).video.frames):
            plane = change(masklet.decode(place) * 255)
            Image.fromarray(plane.astype(np.uint8)).save(target / f"{frame[-9:-4]}.png")
    return folder


def test_hidden_and_stray_files_beside_pngs(data, tmp_path):
    dataset = RefSav().open(data, "valid", {})
    folder = write_masks(tmp_path / "out", dataset)
    plain = answers_from(folder, dataset)
    for name in (".DS_Store", "._00000.png", "notes.txt", "vid_a/0/._00000.png", "vid_a/.png"):
        (folder / name).write_bytes(b"\x00\x05\x16\x07")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "._x.png").touch()
    again = answers_from(folder, dataset)
    assert (again.matched, again.unknown) == (plain.matched, ()) == (6, ())
    assert again.answers("vid_a/0") == plain.answers("vid_a/0")


def test_black_on_white_is_unusable_and_not_scored_inverted(data, tmp_path):
    dataset = RefSav().open(data, "valid", {})

    def invert(plane):
        return 255 - np.pad(plane[1:-1, 1:-1], 1)

    folder = write_masks(tmp_path / "out", dataset, invert)
    outcome = answers_from(folder, dataset).answers("vid_a/0")
    assert outcome.status == "failed"
    assert "black on white" in outcome.error


def test_labels_over_the_frames_of_an_answer_are_no_mask(data, tmp_path):
    dataset = RefSav().open(data, "valid", {})
    numbers = iter([1, 2, 1, 1] * 6)

    def label(plane):
        return plane // 255 * next(numbers)

    outcome = answers_from(write_masks(tmp_path / "out", dataset, label), dataset).answers(
        "vid_a/0"
    )
    assert outcome.status == "failed"
    assert "index maps of several objects" in outcome.error


def test_stray_json_beside_the_files_of_a_gcg_folder(tmp_path):
    from sama_bench.splits.gcg import BENCHMARKS

    dataset = BENCHMARKS[0].open(None, "mini", {})
    name = dataset.sample(dataset.entries[0].id).video.frames[0]
    stem = name.rpartition("/")[2][:-4]
    save(tmp_path / f"{stem}.json", {"caption": "a", "phrases": [], "pred_masks": []})
    save(tmp_path / "0config.json", {"lr": 1})
    (tmp_path / "00.json").write_text("{broken")
    (tmp_path / "._1.json").write_bytes(b"\x00")
    imported = answers_from(tmp_path, dataset)
    assert imported.matched == 1
    assert imported.unknown == ("00", "0config")
    assert imported.answers(dataset.entries[0].id).status == "refused"


def test_index_maps_of_ref_davis17(tmp_path):
    """The official output: a folder for each annotator, objects as labels of a palette."""
    root = ensure_mini(None, "ref-davis17")
    dataset = RefDavis17().open(root, "valid", {})
    for meta in dataset.source.meta.videos:
        described = by_object(meta)
        for place, name in enumerate(ANNOTATORS):
            folder = tmp_path / f"Davis17_{name}" / meta.id
            folder.mkdir(parents=True)
            targets = [dataset.reference(ids[place], "strict").masklets[0]
                       for ids in described.values()]  # fmt: skip
            for number, frame in enumerate(meta.frames):
                labels = np.zeros((targets[0].height, targets[0].width), np.uint8)
                for label, masklet in enumerate(targets, start=1):
                    labels[masklet.decode(number) > 0] = label
                image = Image.fromarray(labels, "P")
                image.putpalette([255, 255, 255, 128, 0, 0, 0, 128, 0])
                image.save(folder / f"{frame}.png")
    imported = answers_from(tmp_path, dataset)
    assert imported.format == "index maps by annotator"
    assert (imported.matched, imported.missing) == (len(dataset.entries), ())
    for entry in dataset.entries:
        (target,) = dataset.reference(entry.id, "strict").masklets
        (segment,) = imported.answers(entry.id).answer.segments
        assert segment.masklet.first_visible() == target.first_visible()
    first = dataset.source.meta.videos[0]
    file = tmp_path / "Davis17_annot2" / first.id / f"{first.frames[0]}.png"
    Image.fromarray(np.asarray(Image.open(file)) * np.uint8(60)).save(file)
    outcome = answers_from(tmp_path, dataset).answers(by_object(first).popitem()[1][2])
    assert outcome.status == "failed"
    assert "but the video has" in outcome.error
    (tmp_path / "Davis17_annot1" / dataset.source.meta.videos[0].id).rename(tmp_path / "away")
    again = answers_from(tmp_path, dataset)
    assert len(again.missing) == len(by_object(dataset.source.meta.videos[0]))


def test_a_json_file_can_be_compared(data, tmp_path, capsys):
    dataset = RefSav().open(data, "valid", {})
    files = []
    for seed in (0, 40):
        masklets = {e.id: guess(seed + n) for n, e in enumerate(dataset.entries)}
        results = write_results(tmp_path / f"r{seed}.json", dataset, masklets)
        files.append(str(tmp_path / f"s{seed}.json"))
        run_command("score", "--benchmark", "ref-sav", "--data", str(data), "--predictions",
                    str(results), "--json", files[-1])  # fmt: skip
    run_command("compare", *files, "--resamples", "100")
    assert "A = r0, B = r40" in capsys.readouterr().out
    table = json.loads((tmp_path / "s0.json").read_text())
    save(tmp_path / "two.json", {**table, "results": table["results"] * 2})
    save(tmp_path / "old.json", {"scores": table["scores"]})
    with pytest.raises(DataError, match="several results"):
        read_scored_run(tmp_path / "two.json")
    with pytest.raises(DataError, match="without the values of videos"):
        read_scored_run(tmp_path / "old.json")
