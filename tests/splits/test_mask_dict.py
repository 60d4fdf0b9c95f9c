import json
import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sama_bench.errors import DataError
from sama_bench.media import rle as coco_rle
from sama_bench.splits._masks.mask_dict import MaskDict
from sama_bench.storage import json_index


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))


def square(row, size=(6, 5)):
    mask = np.zeros(size, np.uint8)
    mask[row : row + 2, 1:3] = 1
    return coco_rle.encode(mask)


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return MaskDict(path)


def test_all_shapes_of_values(tmp_path):
    a, b = square(0), square(1)
    masks = write(
        tmp_path / "m.json",
        {
            "1": [a, None, b],
            "2": {"segmentations": [None, a]},
            "3": {"video_id": 7},
            "4": [[a, b], [], {}],
        },
    )
    assert masks.get("1") == [a, None, b]
    assert masks.get("2") == [None, a]
    assert masks.get("3") == []
    united = masks.get("4")
    assert united[1:] == [None, None]
    both = coco_rle.decode(a) | coco_rle.decode(b)
    assert np.array_equal(coco_rle.decode(united[0]), both)
    assert "1" in masks
    assert "9" not in masks
    assert 1 not in masks
    assert list(masks) == ["1", "2", "3", "4"]
    assert masks.checksum.startswith("sha256:")
    with pytest.raises(DataError, match="no annotation '9'"):
        masks.get("9")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.text(), json_values, max_size=6),
    st.integers(1, 40),
    st.booleans(),
    st.sampled_from([None, 1]),
)
def test_the_index_finds_every_value_whatever_the_window(
    tmp_path_factory, content, chunk, ascii_only, indent
):
    folder = tmp_path_factory.mktemp("index")
    path = folder / "m.json"
    text = json.dumps(content, ensure_ascii=ascii_only, indent=indent)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_index, "CHUNK", chunk)
        patch.setenv("SAMA_BENCH_CACHE", str(folder / "cache"))
        fresh = json_index.index_json(path)
        cached = json_index.index_json(path)
    assert fresh == cached
    assert {key: fresh.value(key) for key in fresh.spans} == content


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "'{' expected, found the end"),
        ("[]", "'{' expected"),
        ('{"1": [', "byte 7"),
        ('{"1": []', "expected, found the end"),
        ('{"1": [] "2": []}', "',' or '}' expected"),
        ('{"1": [nul]}', "Expecting value, at byte 7"),
        ('{"1": []} {}', "after the closing brace"),
        ("{1: []}", "double quotes"),
        ('{"1": ' + "[" * 200_000 + "]" * 200_000 + "}", "cannot be read"),
        ('{"1": ' + "9" * 10_000 + "}", "cannot be read"),
        ('{"1": [],}', "double quotes"),
    ],
)
def test_malformed_json_is_one_clear_line(tmp_path, text, says):
    masks = write(tmp_path / "m.json", text)
    with pytest.raises(DataError, match=says) as error:
        masks.get("1")
    assert "m.json" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (7, "a list of masks expected, found int"),
        ([None, 0], "frame 1: a mask must be a COCO RLE dict"),
        ([False], "frame 0: a mask must be a COCO RLE dict"),
        (["", None], "frame 0: a mask must be a COCO RLE dict"),
        ([7], "frame 0: a mask must be a COCO RLE dict"),
        ([None, {"size": [2, 2], "counts": [5]}], "frame 1: RLE counts cover 5 pixels"),
        ([{"size": [10**9, 10**9], "counts": "0"}], "not a believable image size"),
        ([{"size": [2, 2], "counts": "99"}], "frame 0: RLE counts"),
        ([[square(0), square(0, (7, 5))]], "7 x 5 where 6 x 5 is expected"),
    ],
)
def test_broken_masks_name_their_frame(tmp_path, value, says):
    with pytest.raises(DataError, match=says):
        write(tmp_path / "m.json", {"1": value}).get("1")


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        MaskDict(tmp_path / "none.json").get("1")


def test_the_cache_follows_the_file(tmp_path, monkeypatch):
    path = tmp_path / "m.json"
    first = write(path, {"1": [None]})
    before = first.checksum
    write(path, {"2": [None], "3": []})
    with pytest.raises(DataError, match="changed while"):
        first.get("1")
    second = MaskDict(path)
    assert list(second) == ["2", "3"]
    assert second.checksum != before
    monkeypatch.setattr(json_index, "_scan", None)
    assert MaskDict(path).get("2") == [None]
    (cached,) = (tmp_path / "cache" / "indexes").iterdir()
    cached.write_text("{")
    with pytest.raises(TypeError):
        len(MaskDict(path))


def test_repeated_ids_are_known_and_the_last_counts(tmp_path):
    masks = write(tmp_path / "m.json", '{"1": [null], "2": [], "1": [null, null]}')
    assert masks.get("1") == [None, None]
    assert masks.repeated == ("1",)


def test_a_pickle_of_plain_data_is_read_and_nothing_else(tmp_path):
    a = square(0)
    raw = {"size": [6, 5], "counts": a["counts"].encode()}
    path = tmp_path / "mask_dict.pkl"
    path.write_bytes(pickle.dumps({"0": [raw, None], 1: [a]}))
    masks = MaskDict(path)
    assert masks.get("0") == [a, None]
    assert masks.get("1") == [a]
    assert masks.checksum.startswith("sha256:")
    path.write_bytes(pickle.dumps([1]))
    with pytest.raises(DataError, match="must hold a dict"):
        MaskDict(path).get("0")

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "hacked"),)

    path.write_bytes(pickle.dumps({"0": Evil()}))
    with pytest.raises(DataError, match="mkdir"):
        MaskDict(path).get("0")
    assert not (tmp_path / "hacked").exists()


def test_uncompressed_counts_are_read(tmp_path):
    masks = write(tmp_path / "m.json", {"1": [{"size": [2, 2], "counts": [1, 2, 1]}]}).get("1")
    assert coco_rle.decode(masks[0]).tolist() == [[0, 1], [1, 0]]
