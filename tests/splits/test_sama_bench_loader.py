import json

import numpy as np
import pytest

from sama_bench.benchmark import tally
from sama_bench.errors import DataError, UserError
from sama_bench.media import rle
from sama_bench.splits.sama_bench import layout
from sama_bench.splits.sama_bench.dataset import SamaDataset
from sama_bench.splits.sama_bench.rounds import GROUNDING_REQUEST, chat_rounds
from sama_bench.splits.sama_bench.shard import VideoItem
from tests.shared import shared
from tests.splits.sama_files import Root, box, said, video


@pytest.fixture
def root(tmp_path):
    return Root(tmp_path).tracks(a1=[box()] * 3, a2=[None, box(8), box(9)])


def opened(root, split="mevis", task="g"):
    return SamaDataset(root.path, split, task)


def kinds(dataset, protocol):
    return dict(tally(dataset.findings(), protocol))


def only(dataset):
    (entry,) = dataset.entries
    return dataset.sample(entry.id)


def test_a_round_becomes_a_sample(root):
    root.shard("mevis", [video(obj_masks=[[2]], groundtruth=[[[1, 2]]])])
    dataset = opened(root)
    sample = only(dataset)
    assert sample.text == "What is <mask>?" + GROUNDING_REQUEST
    assert [region.frame for region in sample.regions] == [1]
    assert sample.regions[0].track is None
    assert sample.regions[0].mask == {**box(8), "size": [20, 30]}
    assert dataset.sample(sample.id, tracks=True).regions[0].track.counts[0] is None
    (target,) = dataset.reference(sample.id, "strict").masklets
    united = rle.decode(box()) | rle.decode(box(8))
    assert np.array_equal(target.decode(1), united)
    assert kinds(dataset, "strict") == {}


def test_sources_have_their_own_layouts(root):
    vidstg = [{"frame_id": 0, "raw_filename": "frame_0.jpg"}, "frame_4.jpg"]
    root.shard("lvvis_0", [video("lvvis/val/JPEGImages/7")])
    root.shard("VidSTG_3", [video("VidSTG/val/9", frames=2) | {"frames": vidstg}])
    root.tracks("lvvis", a1={"segmentations": [box()] * 3}).tracks("VidSTG", a1=[box()] * 2)
    assert (
        only(opened(root, "lvvis")).video.frames[0].endswith("lvvis/val/JPEGImages/00007/00000.jpg")
    )
    assert only(opened(root, "lvvis")).video.id == "lvvis/val/JPEGImages/7"
    names = [path.rsplit("/", 1)[1] for path in only(opened(root, "VidSTG")).video.frames]
    assert names == ["frame_0.jpg", "frame_4.jpg"]
    both = opened(root, "all")
    assert {entry.group for entry in both.entries} == {"lvvis", "VidSTG"}


def test_an_lvvis_object_without_segmentations_is_nowhere(root):
    root.shard("lvvis_0", [video("lvvis/val/JPEGImages/7")]).tracks("lvvis", a1={})
    dataset = opened(root, "lvvis")
    assert only(dataset).regions[0].mask is None
    assert kinds(dataset, "strict") == {"filled_frame": 3, "empty_masklet": 1}


def test_short_long_null_and_misfit_masks_are_repaired_and_counted(root):
    small = box(1, 1, 3, height=10, width=15)
    root.tracks(a1=[box(), None], a2=[small] * 5)
    root.shard("mevis", [video(obj_masks=[[2]])])
    dataset = opened(root)
    assert kinds(dataset, "released") == {"filled_frame": 1, "cut_mask": 2, "resized_mask": 3}
    sample = only(dataset)
    assert rle.decode(sample.regions[0].mask).shape == (20, 30)
    assert rle.decode(sample.regions[0].mask).sum() == 36


@pytest.mark.parametrize(
    ("question", "answer", "targets", "released", "strict"),
    [
        ("<mask>?", "<p>it</p> [SEG]", [[1]], 1, 1),
        ("<mask>?", "<g_s>it<g_e> <seg>", [[1]], 0, 1),
        ("<mask>?", "<p>it</p> [SEG] <seg>", [[1]], 1, 0),
        ("<mask>?", "No. <seg>", [], 1, 0),
        ("<mask>?", "No.", [], 1, 1),
        ("<mask> <mask>?", "<p>it</p> [SEG]", [[1]], 0, 0),
        ("<mask>?", "[SEG] [SEG]", [[1], []], 0, 0),
        ("<mask>?", "[SEG]", [[1], []], 1, 1),
    ],
)
def test_q2_rounds_are_dropped_by_count_and_said(root, question, answer, targets, released, strict):
    root.shard("mevis", [video(conversation=said(question, answer), groundtruth=[targets])])
    dataset = opened(root)
    for protocol, expected in (("released", released), ("strict", strict)):
        kept = [entry for entry in dataset.entries if protocol in entry.protocols]
        assert len(kept) == expected
        assert tally(dataset.findings(), protocol)["dropped_round"] == 1 - expected


def test_q4_an_empty_target_repeats_or_goes(root):
    root.shard(
        "mevis",
        [video(conversation=said("<mask>?", "<p>it</p> [SEG]"), groundtruth=[[[2], []]])],
    )
    dataset = opened(root)
    (entry,) = dataset.entries
    assert len(dataset.reference(entry.id, "released").masklets) == 2
    assert len(dataset.reference(entry.id, "strict").masklets) == 1
    root.shard("mevis", [video(conversation=said("<mask>?", "No."), groundtruth=[[[]]])])
    (entry,) = opened(root).entries
    with pytest.raises(DataError, match="crashes"):
        opened(root).reference(entry.id, "released")
    assert opened(root).reference(entry.id, "strict").masklets == ()


@pytest.mark.parametrize("asked", ["<video>\nWhat is <mask>?", "What is <mask>?\n<image>"])
def test_q1_the_request_is_added_once_and_tokens_go(root, asked):
    root.shard("mevis", [video(conversation=said(asked, "<p>it</p> [SEG]"))])
    assert only(opened(root)).text == "What is <mask>?" + GROUNDING_REQUEST
    ready = "Show <mask> with interleaved segmentation masks."
    root.shard("mevis", [video(conversation=said(ready, "<p>it</p> [SEG]"))])
    assert only(opened(root)).text == ready


def test_odd_and_crooked_conversations(root):
    messages = [*said("<mask>?", "No."), {"from": "human", "value": "and?"}]
    root.shard("mevis", [video(conversation=messages, groundtruth=[[]])])
    assert kinds(opened(root), "strict") == {"dropped_message": 1}
    root.shard("mevis", [video(conversation=said("<mask>?", "No.")[::-1], groundtruth=[[]])])
    assert kinds(opened(root), "strict") == {"dropped_round": 1}
    assert len(opened(root).entries) == 0


@pytest.mark.parametrize("lacking", ["absent", "empty"])
def test_a_video_of_which_nothing_is_asked_is_said(root, lacking):
    item = video(conversation=[], description={})
    if lacking == "absent":
        del item["conversation"], item["description"]
    root.shard("mevis", [item, video("mevis/val_u/JPEGImages/b")])
    for task, kind in (("g", "no_conversation"), ("c", "no_description")):
        dataset = opened(root, task=task)
        assert len(dataset.entries) == 1
        assert kinds(dataset, "released") == {kind: 1}
        assert [finding.kind for finding in dataset.adjusted()] == [kind]


def test_a_repeated_question_id_is_kept_apart_and_said(root):
    two = said("<mask>?", "<p>it</p> [SEG]") + said("<mask>!", "<p>it</p> [SEG]")
    root.shard("mevis", [video(conversation=two, obj_masks=[[1], [2]], groundtruth=[[[1]], [[2]]])])
    dataset = opened(root)
    assert len({entry.id for entry in dataset.entries}) == 2
    assert kinds(dataset, "strict") == {"duplicate_id": 1}


def test_descriptions(root):
    described = {"<obj1>": "Second. ", "thing": "none", "obj9": "far"}
    ids = {"<obj1>": "x", "thing": "y", "obj9": "z"}
    root.shard("mevis", [video(description=described, description_id=ids)])
    dataset = opened(root, task="c")
    good, nameless, far = (entry.id for entry in dataset.entries)
    assert dataset.sample(good).wants == {"text"}
    assert dataset.sample(good).regions[0].mask == {**box(8), "size": [20, 30]}
    assert dataset.reference(good, "strict").text == "Second."
    for id in (nameless, far):
        with pytest.raises(DataError):
            dataset.sample(id)
    assert kinds(dataset, "strict")["broken_description"] == 2


@pytest.mark.parametrize("path", ["../mevis/x", "/mevis/x", "mevis/../../x", "mevis\\..\\x"])
def test_paths_stay_inside_the_root(root, path):
    (root.path / "mevis.json").write_text(json.dumps([video(path)]))
    dataset = opened(root)
    with pytest.raises(DataError, match="leaves the data root"):
        dataset.sample(dataset.entries[0].id)
    assert kinds(dataset, "strict")["unusable_video"] == 1


@pytest.mark.parametrize("name", ["../../etc/x", "a/b", "..", "", "\ud800", "a\0"])
def test_frame_names_are_names(root, name):
    (root.path / "mevis.json").write_text(json.dumps([video() | {"frames": [name]}]))
    dataset = opened(root)
    with pytest.raises(DataError, match="not a file name") as error:
        dataset.sample(dataset.entries[0].id)
    assert str(error.value).encode()  # the message itself can be written


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (video("mevis/\ud800"), "'video' holds characters"),
        (
            video(conversation=said("What is <mask>?", "<p>a box</p> [SEG].", id="\udfff")),
            r"udfff' cannot be the id",
        ),
    ],
)
def test_ids_that_cannot_be_written_are_refused(root, item, says):
    (root.path / "mevis.json").write_text(json.dumps([item]))
    with pytest.raises(DataError, match=says) as error:
        opened(root)
    assert str(error.value).encode()


def test_missing_files_are_one_clear_line(root, tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        SamaDataset(tmp_path / "nowhere", "mevis", "g")
    root.shard("mevis", [video()])
    (root.path / video()["video"] / "00001.jpg").unlink()
    assert kinds(opened(root), "strict") == {"missing_frame": 1}
    (root.path / layout.MASK_FILES["mevis"]).unlink()
    with pytest.raises(DataError, match="Mevis_mask_dict_val"):
        opened(root)
    (root.path / "mevis.json").write_text("[{")
    with pytest.raises(DataError, match="not valid JSON"):
        opened(root)
    (root.path / "mevis.json").write_text("{}")
    with pytest.raises(DataError, match="list of videos"):
        opened(root)


@pytest.mark.parametrize(
    "mask", [{"size": [20, 30], "counts": "1"}, {"size": [9**9, 9**9], "counts": "0"}]
)
def test_a_broken_mask_fails_its_samples_only(root, mask):
    root.tracks(a1=[mask] * 3).shard("mevis", [video()])
    dataset = opened(root)
    with pytest.raises(DataError, match="RLE"):
        dataset.sample(dataset.entries[0].id)
    assert kinds(dataset, "strict") == {"broken_masklet": 1}


def test_an_unknown_annotation_fails_its_samples_only(root):
    root.shard("mevis", [video(obj_masks=[[77]])])
    with pytest.raises(DataError, match="77"):
        only(opened(root))


def test_deep_findings_open_every_frame(root):
    root.shard("mevis", [video()])
    folder = root.path / video()["video"]
    root.frames(folder, ["00001"], size=(8, 8))
    (folder / "00002.jpg").write_bytes(b"no image")
    found = dict(tally(opened(root).findings(deep=True), "strict"))
    assert found == {"frame_size": 1, "broken_frame": 1}


def test_splits_have_names():
    assert len(layout.SHARDS) == 13
    assert layout.shards_of("VidSTG") == tuple(f"VidSTG_{number}" for number in range(8))
    assert layout.union_of(["VidSTG_1", "VidSTG_4"]) == "VidSTG"
    assert layout.union_of(["VidSTG_1", "mevis"]) == "all"
    with pytest.raises(UserError, match="VidSTG_3"):
        layout.shards_of("vidstg_3")


def test_the_real_clip():
    dataset = SamaDataset(shared("data", "sama_bench_real"), "mevis", "g")
    assert [entry.turn for entry in dataset.entries] == [0, 1, 2, 3]
    assert not list(dataset.findings(deep=True))
    assert len(dataset.sample(dataset.entries[0].id).video) == 50
    two = dataset.reference(dataset.entries[1].id, "strict").masklets
    assert [masklet.counts[20] is None for masklet in two] == [True, False]


def test_a_conversation_of_rubbish_is_dropped_not_raised():
    item = VideoItem("mevis", "mevis/a", [], [], [None, 3], [[1]], [[[1]]], {}, {})
    rounds, findings = chat_rounds(item)
    assert rounds == []
    assert len(findings) == 2
