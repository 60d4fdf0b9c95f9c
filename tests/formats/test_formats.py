import json
import os

import numpy as np
import pytest
from PIL import Image

from sama_bench.benchmark import Dataset, Entry, Tools
from sama_bench.errors import DataError
from sama_bench.formats import prediction_line
from sama_bench.formats.recognise import answers_from
from sama_bench.nouns import Masklet, Sample, Video
from sama_bench.splits.ref_sav import RefSav
from tests.shared import shared
from tests.splits.referring_data import SIZE, guess, values, write_referring


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def dataset(tmp_path):
    return RefSav().open(write_referring(tmp_path / "data"), "valid", {})


@pytest.fixture
def masklets(dataset):
    return {entry.id: guess(number) for number, entry in enumerate(dataset.entries)}


def frames_of(dataset, id):
    return [path.rsplit("/", 1)[1][:-4] for path in dataset.sample(id).video.frames]


def write_results(path, dataset, masklets):
    content = {}
    for id, masklet in masklets.items():
        video, expression = id.split("/")
        content.setdefault(video, {})[expression] = {
            "text_prediction": "Sure, [SEG].",
            "frames": frames_of(dataset, id),
            "prediction_masks": masklet.rles(),
        }
    path.write_text(json.dumps(content))
    return path


def write_pngs(folder, dataset, masklets, value=255):
    for id, masklet in masklets.items():
        place = folder / "Annotations" / id
        place.mkdir(parents=True)
        for index, name in enumerate(frames_of(dataset, id)):
            Image.fromarray(masklet.decode(index) * np.uint8(value)).save(place / f"{name}.png")
    return folder


def write_lines(path, masklets):
    with path.open("wb") as file:
        for id, masklet in masklets.items():
            segment = {"phrase": None, "masks": masklet.rles(), "size": list(SIZE)}
            file.write(
                prediction_line.to_line(prediction_line.Prediction(id, "answered", "x", (segment,)))
            )
    return path


def same_masks(imported, masklets):
    for id, masklet in masklets.items():
        outcome = imported.answers(id)
        assert outcome.status == "answered"
        assert outcome.answer.segments[0].masklet == masklet


def test_all_formats_give_the_same_masks(tmp_path, dataset, masklets):
    sources = [
        write_results(tmp_path / "results.json", dataset, masklets),
        write_pngs(tmp_path / "png", dataset, masklets),
        tmp_path / "png" / "Annotations",
        write_lines(tmp_path / "elsewhere.jsonl", masklets),
    ]
    names = set()
    for path in sources:
        imported = answers_from(path, dataset)
        assert (imported.matched, imported.missing, imported.unknown) == (6, (), ())
        same_masks(imported, masklets)
        names.add(imported.format)
    assert len(names) == 3
    run = tmp_path / "run"
    run.mkdir()
    write_lines(run / "predictions.jsonl", masklets)
    same_masks(answers_from(run, dataset), masklets)
    (tmp_path / "folder").mkdir()
    write_results(tmp_path / "folder" / "results.json", dataset, masklets)
    same_masks(answers_from(tmp_path / "folder", dataset), masklets)


def test_what_does_not_match_is_counted(tmp_path, dataset, masklets):
    path = write_results(tmp_path / "results.json", dataset, masklets)
    content = json.loads(path.read_text())
    del content["vid_a"]["0"]
    content["vid_a"]["77"] = content["vid_b"]["0"]
    content["other"] = {"0": {}}
    path.write_text(json.dumps(content))
    imported = answers_from(path, dataset)
    assert imported.matched == 5
    assert imported.missing == ("vid_a/0",)
    assert imported.unknown == ("other/0", "vid_a/77")
    assert imported.answers("vid_a/0").status == "missing"
    assert (
        "1 samples without one (first vid_a/0), 2 that the split does not ask" in imported.summary()
    )


def test_frames_are_matched_by_name(tmp_path, dataset, masklets):
    path = write_results(tmp_path / "results.json", dataset, masklets)
    content = json.loads(path.read_text())
    for item in content["vid_a"].values():
        item["frames"].reverse()
        item["prediction_masks"].reverse()
    path.write_text(json.dumps(content))
    same_masks(answers_from(path, dataset), masklets)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda item: item.clear(), "no list under 'prediction_masks'"),
        (lambda item: item["prediction_masks"].pop(), "3 masks for 4 frames"),
        (lambda item: item["frames"].__setitem__(0, "x"), "1 frames without a mask, first 00000"),
        (
            lambda item: item["prediction_masks"].__setitem__(1, {"size": [24, 32], "counts": "~"}),
            "frame 1: RLE counts",
        ),
        (
            lambda item: item["prediction_masks"].__setitem__(
                0, {"size": [10**6, 10**6], "counts": "0"}
            ),
            "not a believable image size",
        ),
        (lambda item: item.update(prediction_masks=[7, 7, 7, 7]), "a COCO RLE dict, not int"),
    ],
)
def test_a_malformed_answer_is_a_failure_with_its_reason(tmp_path, dataset, masklets, change, says):
    path = write_results(tmp_path / "results.json", dataset, masklets)
    content = json.loads(path.read_text())
    change(content["vid_a"]["0"])
    path.write_text(json.dumps(content))
    outcome = answers_from(path, dataset).answers("vid_a/0")
    assert outcome.status == "failed"
    assert says in outcome.error


def test_a_result_that_stands_twice_is_said(tmp_path, dataset, masklets):
    """As an expression of its video, or a part of an expression."""
    path = write_results(tmp_path / "results.json", dataset, masklets)
    text = path.read_text()
    first = text.index('{"text_prediction"')
    item, end = json.JSONDecoder().raw_decode(text, first)
    again = json.dumps({**item, "prediction_masks": []})
    path.write_text(f'{text[:first]}{again}, "0": {text[first:end]}{text[end:]}')
    imported = answers_from(path, dataset)
    assert imported.replaced == ("vid_a/0",)
    assert imported.answers("vid_a/0").status == "answered"
    path.write_text(text.replace('"frames": [', '"prediction_masks": [], "frames": [', 1))
    assert answers_from(path, dataset).replaced == ("vid_a/0",)
    path.write_text(text)
    assert answers_from(path, dataset).replaced == ()


def test_zeros_without_seg_are_a_refusal(tmp_path, dataset):
    empty = {entry.id: Masklet(*SIZE, (None,) * 4) for entry in dataset.entries}
    path = write_results(tmp_path / "results.json", dataset, empty)
    assert answers_from(path, dataset).answers("vid_a/0").status == "answered"
    path.write_text(path.read_text().replace("Sure, [SEG].", "There is no such thing."))
    refused = answers_from(path, dataset).answers("vid_a/0")
    assert refused.status == "refused"
    assert refused.answer.text == "There is no such thing."


def test_broken_pngs(tmp_path, dataset, masklets):
    folder = write_pngs(tmp_path / "png", dataset, masklets)
    place = folder / "Annotations" / "vid_a"
    (place / "0" / "00010.png").unlink()
    (place / "10" / "00010.png").write_bytes(b"")
    colours = np.random.default_rng(0).integers(0, 255, (24, 32, 3)).astype(np.uint8)
    Image.fromarray(colours).save(place / "2" / "00000.png")
    Image.new("L", (3, 3)).save(folder / "Annotations/vid_b/0/00030.png")
    imported = answers_from(folder, dataset)
    for id, says in {
        "vid_a/0": "1 of 4 frames lack a PNG, first 00010.png",
        "vid_a/10": "00010.png: it is no PNG",
        "vid_a/2": "colours: an index map of several objects or a picture",
        "vid_b/0": "00030.png is 3x3",
    }.items():
        outcome = imported.answers(id)
        assert (outcome.status, says in outcome.error) == ("failed", True)


@pytest.mark.parametrize("content", ["", "hello", "[]", "[1]", '"x"', "{", '{"a": 1}', '{"a": {}}'])
def test_files_that_are_nothing_we_know(tmp_path, dataset, content):
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(DataError) as error:
        answers_from(path, dataset)
    assert "\n" not in str(error.value)


def test_missing_and_empty_places(tmp_path, dataset):
    with pytest.raises(DataError, match="no such file"):
        answers_from(tmp_path / "none", dataset)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="not a format"):
        answers_from(tmp_path / "empty", dataset)


def test_a_torn_last_line_is_missing_and_a_damaged_one_is_said(tmp_path, dataset, masklets):
    path = write_lines(tmp_path / "p.jsonl", masklets)
    raw = path.read_bytes()
    path.write_bytes(raw[:-20])
    assert answers_from(path, dataset).matched == 5
    path.write_bytes(b"{}\n" + raw)
    with pytest.raises(DataError, match=r"p\.jsonl, line 1"):
        answers_from(path, dataset)


class Images(Dataset):
    """Two images with a sample each."""

    benchmark, split, shards, files = "images", "val", ("val",), {}

    def __init__(self, ids, wants=frozenset({"text", "masks"})):
        self.wants = wants
        self.entries = [Entry(id, id.split("/")[0], None) for id in ids]

    def sample(self, id, tracks=False):
        name = id.split("/")[0]
        return Sample(
            id, "images", Video(name, (f"/d/img_{name}.jpg",), *SIZE), "?", wants=self.wants
        )

    def reference(self, id, protocol):
        raise NotImplementedError

    def findings(self, deep=False):
        return []

    def score(self, answers, protocols, tools):
        raise NotImplementedError


def test_gcg_folders(tmp_path):
    mask = guess(1, 1).rle(0)
    item = {"image_id": "x", "caption": "A dog.", "phrases": ["a dog"], "pred_masks": [mask, mask]}
    (tmp_path / "img_1.json").write_text(json.dumps(item))
    (tmp_path / "img_2.json").write_text(json.dumps({**item, "pred_masks": [{"size": [1, 1]}]}))
    (tmp_path / "img_9.json").write_text(json.dumps(item))
    imported = answers_from(tmp_path, Images(["1", "2", "3"]))
    assert (imported.matched, imported.missing, imported.unknown) == (2, ("3",), ("img_9",))
    answer = imported.answers("1").answer
    assert [segment.phrase for segment in answer.segments] == ["a dog", None]
    assert answer.notes["phrases"] == ["a dog"]
    assert "mask 0: a COCO RLE needs the keys" in imported.answers("2").error


def test_descriptions_of_sama(tmp_path):
    (tmp_path / "prediction").mkdir()
    item = {"pred_text_cleaned": "A dog.", "description": "x", "file_name": "1"}
    (tmp_path / "prediction" / "d7.json").write_text(json.dumps(item))
    imported = answers_from(tmp_path, Images(["1/d7", "1/d8"]))
    assert imported.answers("1/d7").answer.text == "A dog."
    assert imported.missing == ("1/d8",)


def test_lists_of_results(tmp_path):
    mask = guess(1, 1).rle(0)
    path = tmp_path / "r.json"
    path.write_text(
        json.dumps(
            [
                {"image_id": 1, "sent_id": 5, "segmentation": mask},
                {"image_id": 1, "sent_id": 6, "pred_masks": [mask, mask]},
                {"image_id": 2, "sent_id": 7, "segmentation": None},
            ]
        )
    )
    imported = answers_from(path, Images(["1/5", "1/6", "2/7", "2/8"]))
    assert [len(imported.answers(id).answer.segments) for id in ("1/5", "1/6")] == [1, 2]
    assert imported.answers("2/7").status == "refused"
    assert imported.missing == ("2/8",)
    path.write_text(json.dumps([{"image_id": 1, "prediction": "a dog"}]))
    regions = Images(["1"], frozenset({"text"}))
    assert answers_from(path, regions).answers("1").answer.text == "a dog"
    path.write_text(json.dumps([{"prediction": "a dog"}]))
    with pytest.raises(DataError, match="result 0: its ids are missing"):
        answers_from(path, Images(["1"]))


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    folder = shared("data", "ref_sav_real")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMA_BENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        dataset = RefSav().open(folder, "valid", {})
        expected = json.loads((folder / "expected_reference.json").read_text())
        yield dataset, answers_from(folder / "results_sam3.json", dataset), expected


GROUPS = ("long", "short", "overall")
COLUMNS = {"J": "j", "F": "f", "JF": "j_and_f", "A": "accuracy"}


def test_real_answers_give_the_reference_evaluators_figures(real):
    dataset, imported, expected = real
    scores = dataset.score(imported.answers, ("released",), Tools())
    for group in GROUPS:
        ours = values(scores, "released", f"valid:{group}")
        for column, metric in COLUMNS.items():
            assert round(100 * ours[metric], 10) == expected[group][column]
    for item, sample in zip(expected["per_expression"], scores.samples, strict=True):
        assert sample.id == f"{item['video_name']}/{item['exp_id']}"
        for column in "JFA":
            assert sample.values[COLUMNS[column]] == pytest.approx(item[f"{column}_raw"], abs=1e-12)


def test_the_same_answers_as_pngs(real, tmp_path):
    dataset, imported, expected = real
    chosen = ("sav_000208/2", "sav_000208/5")  # one found, one of which nothing is there
    masklets = {id: imported.answers(id).answer.segments[0].masklet for id in chosen}
    png = answers_from(write_pngs(tmp_path / "png", dataset, masklets), dataset)
    assert png.matched == 2
    options = {"missing": "drop", "pred_values": "255"}
    scores = dataset.score(png.answers, ("released",), Tools(options=options))
    by_id = {sample.id: sample.values for sample in scores.samples}
    for item in expected["per_expression"]:
        found = by_id[f"{item['video_name']}/{item['exp_id']}"]
        if item["exp_id"] in "25":
            assert found["j"] == pytest.approx(item["J_raw"], abs=1e-12)
            assert found["f"] == pytest.approx(item["F_raw"], abs=1e-12)
            assert found["accuracy"] <= item["A_raw"]  # Q37
        else:
            assert set(found.values()) == {None}


def record(**fields):
    return {"id": "vid_a/0", "status": "answered", "text": "x", "segments": [], **fields}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"text": ["a cat"]}, "'text' must be a text, not list"),
        ({"segments": 5}, "'segments' must be a list, not int"),
        ({"segments": [5]}, "segment 0 must be an object, not int"),
        ({"segments": [{"phrase": [], "masks": [], "size": [1, 1]}]}, "its phrase must be a text"),
        ({"segments": [{"phrase": "a", "masks": 5, "size": [1, 1]}]}, "its masks must be a list"),
        ({"segments": [{"phrase": "a", "masks": []}]}, "it lacks 'size'"),
        ({"seconds": [1]}, "'seconds' must be a number, not list"),
        ({"seconds": float("nan")}, "'seconds' is no believable number"),
        ({"time": [1]}, "'time' must be a number, not list"),
        ({"time": 10**400}, "'time' is no believable number"),
        ({"status": "failed", "error": [1]}, "'error' must be a text, not list"),
    ],
)
def test_a_line_of_wrong_types_is_one_failed_answer(tmp_path, dataset, fields, says):
    path = tmp_path / "p.jsonl"
    good = {**record(), "id": "vid_a/10"}
    path.write_text(f"{json.dumps(record(**fields))}\n{json.dumps(good)}\n")
    imported = answers_from(path, dataset)
    outcome = imported.answers("vid_a/0")
    assert outcome.status == "failed"
    assert says in outcome.error
    assert imported.answers("vid_a/10").status == "answered"


def test_notes_of_a_wrong_type_are_no_notes():
    line = json.dumps(record(notes="xyz")).encode()
    assert prediction_line.from_line(line).outcome().answer.notes == {}


def test_a_text_that_is_none_is_not_handed_on_as_one():
    sealed = prediction_line.to_line(prediction_line.Prediction("a", "answered", ["x"])).rstrip()
    assert prediction_line.text_of(sealed) is None


def test_a_line_that_is_nested_too_deeply_is_said(tmp_path, dataset):
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "a", "status": ' + "[" * 100_000 + "\n")
    with pytest.raises(DataError, match="line 1: its JSON is nested too deeply"):
        answers_from(path, dataset)


@pytest.mark.parametrize("name", ["results.json", "p.jsonl"])
def test_a_pipe_is_not_waited_for(tmp_path, dataset, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match="it is a pipe, not a regular file"):
        answers_from(tmp_path / name, dataset)


def test_a_folder_of_a_pipe_is_not_waited_for(tmp_path, dataset):
    os.mkfifo(tmp_path / "predictions.jsonl")
    with pytest.raises(DataError, match="it is a pipe, not a regular file"):
        answers_from(tmp_path, dataset)
