"""Only regular files are read, and no more of them than a file of their kind may have."""

import errno
import json
import os

import pytest

from sama_bench.errors import DataError
from sama_bench.storage.json_index import index_json
from sama_bench.storage.json_stream import read_lists
from sama_bench.storage.untrusted_files import (
    open_regular,
    read_bytes,
    read_json,
    read_regular,
    strict_json,
)


@pytest.fixture(params=["pipe", "device", "folder"])
def odd(tmp_path, request):
    """A place that is no regular file; reading it would hang or never end."""
    path = tmp_path / "odd.json"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    return path


@pytest.mark.parametrize(
    "read", [read_bytes, read_json, index_json, lambda path: read_lists(path, {"a": print})]
)
def test_what_is_no_regular_file_is_refused_by_name(odd, read):
    with pytest.raises(DataError, match=r"odd\.json cannot be read: (it is a \w+, not a|Is a dir)"):
        read(odd)


def test_a_pipe_of_the_shell_is_refused(tmp_path):
    read, write = os.pipe()
    try:
        with pytest.raises(OSError, match="a pipe, not a regular file"):
            open_regular(f"/dev/fd/{read}")
    finally:
        os.close(read)
        os.close(write)


def test_a_file_is_read_up_to_its_bound(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_regular(path) == b"12345"
    assert read_regular(path, 5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes") as refused:
        read_regular(path, 4)
    assert refused.value.errno == errno.EFBIG


def test_a_file_that_tells_no_size_is_read_whole():
    assert b"Name" in read_regular("/proc/self/status")


@pytest.mark.parametrize(
    ("value", "says"),
    [(b'"\xff"', "is not UTF-8: invalid start byte, at byte 7"), (b"1" * 5000, "")],
)
def test_a_value_that_cannot_be_read_is_an_error_of_its_file(tmp_path, value, says):
    path = tmp_path / "masks.json"
    path.write_bytes(b'{"a": ' + value + b"}")
    with pytest.raises(DataError, match=r"masks\.json") as refused:
        index_json(path).value("a")
    assert says in str(refused.value)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "1" + "0" * 400])
def test_numbers_that_cannot_be_written_again_are_refused(number):
    assert strict_json(b'{"a": [1.5, -3, 1e3]}') == {"a": [1.5, -3, 1000.0]}
    with pytest.raises(ValueError, match="is no number of JSON"):
        strict_json(f'{{"a": {number}}}'.encode())


def test_deep_nesting_is_an_error_of_its_file(tmp_path):
    path = tmp_path / "masks.json"
    path.write_text(json.dumps({"a": 1})[:-1] + ', "b": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(DataError, match=r"masks\.json"):
        index_json(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: kept.pop("spans"),
        lambda kept: kept.update(spans=[]),
        lambda kept: kept.update(spans={"a": 5}),
        lambda kept: kept.update(spans={"a": ["x", "y"]}),
        lambda kept: kept.update(spans={"a": [0, 10**9]}),
        lambda kept: kept.update(repeated=5),
        lambda kept: kept.pop("key"),
    ],
)
def test_a_damaged_index_in_the_cache_is_made_again(tmp_path, monkeypatch, change):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "masks.json"
    path.write_text('{"a": [1, 2]}')
    index = index_json(path)
    (kept,) = (tmp_path / "cache").rglob("*.json")
    content = json.loads(kept.read_text())
    change(content)
    kept.write_text(json.dumps(content))
    assert index_json(path) == index
    assert index_json(path).value("a") == [1, 2]
    kept.write_text("[" * 100_000)
    assert index_json(path) == index
