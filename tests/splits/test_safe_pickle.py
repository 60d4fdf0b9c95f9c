"""Plain data comes back as it was pickled; anything that could run is refused unrun."""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sama_bench.errors import DataError
from sama_bench.splits._files.safe_pickle import load_pickle

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text("abc"), inner) | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plain, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_data_survives_every_protocol(tmp_path: Path, data: Any, protocol: int) -> None:
    path = tmp_path / "data.p"
    path.write_bytes(pickle.dumps(data, protocol))
    assert load_pickle(path) == data


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_sets_ordered_dicts_and_numpy_scalars(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "data.p"
    data = [
        {1, 2}, frozenset("a"), OrderedDict(a=1), b"", np.int64(-3), np.uint8(200),
        np.float32(0.5), np.float64(1e300), np.bool_(True),
    ]  # fmt: skip
    path.write_bytes(pickle.dumps(data, protocol))
    found = load_pickle(path)
    assert found == [{1, 2}, frozenset("a"), {"a": 1}, b"", -3, 200, 0.5, 1e300, True]
    assert not any(isinstance(value, np.generic) for value in found)


def test_a_python_2_pickle_of_refs(tmp_path: Path) -> None:
    path = tmp_path / "refs(unc).p"
    path.write_bytes(b"(lp0\n(dp1\nS'sent'\np2\nS'caf\\xe9 table'\np3\nsS'ref_id'\np4\nI7\nsa.")
    assert load_pickle(path) == [{"sent": "café table", "ref_id": 7}]


class Evil:
    def __init__(self, call: Any, *args: Any) -> None:
        self.call, self.args = call, args

    def __reduce__(self) -> Any:
        return self.call, self.args


@pytest.mark.parametrize(
    ("call", "args"),
    [
        (os.mkdir, ("PATH",)),
        (eval, ("__import__('os').mkdir('PATH')",)),
        (exec, ("import os; os.mkdir('PATH')",)),
        (getattr, ("", "join")),
        (open, ("PATH", "w")),
        (bytearray, (10**15,)),
        (bytes, (10**15,)),
        (np.zeros, (10**15,)),
        (np.dtype, ("O",)),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_calls_are_refused_unrun(tmp_path: Path, call: Any, args: Any, protocol: int) -> None:
    trace = tmp_path / "trace"
    path = tmp_path / "evil.p"
    real = [a.replace("PATH", str(trace)) if isinstance(a, str) else a for a in args]
    path.write_bytes(pickle.dumps([1, Evil(call, *real)], protocol))
    with pytest.raises(DataError, match=r"evil\.p"):
        load_pickle(path)
    assert not trace.exists()


def test_arrays_and_outside_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.p"
    path.write_bytes(pickle.dumps(np.zeros(3)))
    with pytest.raises(DataError, match="plain data"):
        load_pickle(path)
    path.write_bytes(b"Poutside\n.")
    with pytest.raises(DataError, match="outside object"):
        load_pickle(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_noise_is_one_clear_error_or_data(tmp_path: Path, noise: bytes) -> None:
    path = tmp_path / "noise.p"
    path.write_bytes(noise)
    with contextlib.suppress(DataError):  # any other exception fails the test
        load_pickle(path)


@given(cut=st.integers(0, 40))
def test_a_cut_file_is_one_clear_error(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    whole = pickle.dumps({"1": [{"size": [2, 2], "counts": b"04"}, None]})
    path = tmp_path_factory.mktemp("cut") / "mask_dict.pkl"
    path.write_bytes(whole[: min(cut, len(whole) - 1)])
    with pytest.raises(DataError, match=r"mask_dict\.pkl is not a readable pickle"):
        load_pickle(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        load_pickle(tmp_path / "none.p")


def doubled(start: bytes, levels: int = 40) -> bytes:
    """Opcodes that put ``start``, doubled so many times, at place ``levels`` of the memo."""
    code = start + b"q\x000"
    for level in range(levels):
        code += b"h%ch%c\x86q%c0" % (level, level, level + 1)
    return code


BOMBS = {
    "a tuple that is hashed without end": doubled(b"K\x01") + b"}h\x28K\x01s.",
    "the same with items": doubled(b"K\x01") + b"}(h\x28K\x01u.",
    "the same as a dict": doubled(b"K\x01") + b"(h\x28K\x01d.",
    "in a set": doubled(b"K\x01") + b"\x8f(h\x28\x90.",
    "in a frozen set": doubled(b"K\x01") + b"(h\x28\x91.",
    "in a set of Python 2": b"c__builtin__\nset\n(" + doubled(b"K\x01") + b"(lh\x28atR.",
    "in an ordered dict": b"ccollections\nOrderedDict\n("
    + doubled(b"K\x01")
    + b"(l(lh\x28aK\x01aatR.",
    "as the name of an outside object": doubled(b"K\x01") + b"h\x28Q.",
    "as a kind of number": b"cnumpy\ndtype\n" + doubled(b"K\x01") + b"h\x28\x85R.",
    "doubled without a memo": b"K\x01" + b"2\x86" * 40 + b"}2K\x01s.",
    "a tuple deeper than the stack of C": b"}K\x01" + b"\x85" * 1_000_000 + b"K\x01s.",
    "lists that contain one another": b"]q\x000"
    + b"".join(b"](h%ch%ceq%c0" % (n, n, n + 1) for n in range(40))
    + b"h\x28.",
    "a list in itself": b"]q\x00h\x00a.",
    "a text longer than the file": b"X\xff\xff\xff\x7fa.",
    "bytes longer than the file": b"\x8e\xff\xff\xff\xff\xff\0\0\0a.",
    "a long key many times": b"(" + b"N" * 100_000 + b"tq\x000}" + b"h\x00Ns" * 100_000 + b".",
    "bytes that are made before they are read": b"\x96" + b"\xff" * 4 + b"\x03\0\0\0a.",
    "a state for a function": b"c_codecs\nencode\n}b.",
}


@pytest.mark.parametrize("code", BOMBS.values(), ids=BOMBS)
def test_what_costs_far_more_than_its_bytes_is_refused_at_once(tmp_path: Path, code: bytes) -> None:
    path = tmp_path / "refs(unc).p"
    path.write_bytes(b"\x80\x04" + code)
    with pytest.raises(DataError, match=r"refs\(unc\)\.p") as refused:
        load_pickle(path)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("code", [b"Nr\xff\xff\xff\x7f.", b"Np20000000000\n."])
def test_a_place_in_the_memo_that_is_far_off_takes_no_memory(tmp_path: Path, code: bytes) -> None:
    path = tmp_path / "refs.p"
    path.write_bytes(code)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert load_pickle(path) is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 17  # kB


def test_sizes_that_are_one_list_many_times(tmp_path: Path) -> None:
    size = [480, 854]
    masks = {str(n): [{"size": size, "counts": b"04"}] * 20 for n in range(50)}
    path = tmp_path / "mask_dict.pkl"
    path.write_bytes(pickle.dumps(masks))
    assert load_pickle(path) == masks
