"""Many masks read at once give what each gives alone, and refuse what each refuses."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sama_bench.media import rle
from sama_bench.media.rle import plain as reader
from sama_bench.metrics._masks import plain
from sama_bench.metrics._masks.counts import COLUMNS, boundary_radius, frame_counts
from sama_bench.metrics._masks.packed import pack

SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))
DENSITIES = st.lists(st.sampled_from([None, 0.0, 0.02, 0.5, 0.98, 1.0]), min_size=1, max_size=8)


def track(size, densities, seed):
    rng = np.random.default_rng(seed)
    return [None if d is None else rle.encode(rng.random(size) < d) for d in densities]


def alone(mask):
    ends = np.cumsum(rle.runs(mask))
    count = ends.size // 2
    starts, stops = ends[: 2 * count : 2], ends[1 : 2 * count : 2]
    return starts[stops > starts], stops[stops > starts]


def read(masks, size):
    packed = pack([masks], size)
    pixels = np.full(len(masks), size[0] * size[1])
    try:
        return reader.read(packed.text, packed.offsets, pixels)
    except ValueError:
        return None


@pytest.fixture(params=["together", "one by one"])
def way(request, monkeypatch):
    """Short masks are read together, long ones one by one."""
    if request.param == "one by one":
        monkeypatch.setattr(reader, "LONG", 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=SIZES, densities=DENSITIES, seed=st.integers(0, 2**32 - 1))
def test_together_as_alone(way, size, densities, seed):
    masks = track(size, densities, seed)
    runs = read(masks, size)
    for number, mask in enumerate(masks):
        starts, stops = runs.edges(number)
        expected = ([], []) if mask is None else alone(mask)
        assert np.array_equal(starts, expected[0])
        assert np.array_equal(stops, expected[1])


def test_noise_is_read_as_well():
    masks = track((300, 400), [0.5, None, 0.5], 5)
    assert len(masks[0]["counts"]) > reader.LONG
    runs = read(masks, (300, 400))
    assert all(np.array_equal(runs.edges(n), alone(masks[n])) for n in (0, 2))


def test_empty_foreground_runs_are_left_out(way):
    plain, odd = [6, 3, 3], [2, 0, 4, 3, 3]
    texts = [rle.counts_bytes({"size": [3, 4], "counts": counts}) for counts in (plain, odd)]
    runs = read([{"size": [3, 4], "counts": text} for text in texts], (3, 4))
    assert [[edges.tolist() for edges in runs.edges(mask)] for mask in (0, 1)] == [[[6], [9]]] * 2


def test_hostile_texts_are_refused_together_as_alone(way):
    chance = random.Random(4)
    size = (30, 20)
    refused = 0
    for case in range(3000):
        masks = track(size, [0.5, 0.02, None, 1.0], case)
        victim = chance.choice([0, 1, 3])
        text = bytearray(masks[victim]["counts"], "ascii")
        for _ in range(chance.randint(1, 2)):
            place = chance.randrange(len(text))
            new = bytes(
                chance.choice(b"0123OPQ_`mno\x7f~ /\x00") for _ in range(chance.randint(0, 8))
            )
            text[place : place + chance.randint(0, 2)] = new
        if not text:
            continue  # said before the text is read
        masks[victim] = {"size": list(size), "counts": bytes(text)}
        try:
            expected = alone(masks[victim])
        except ValueError:
            expected = None
        runs = read(masks, size)
        assert (runs is None) == (expected is None), (case, bytes(text))
        if runs is None:
            refused += 1
        else:
            assert np.array_equal(runs.edges(victim), expected)
    assert 1000 < refused < 3000


def test_the_first_bad_mask_is_named():
    size = (6, 8)
    masks = track(size, [0.5] * 5, 1)
    masks[3] = {"size": list(size), "counts": "zz"}
    table = np.zeros((5, 9), np.int64)
    with pytest.raises(ValueError, match=r"^frame 3: RLE counts hold a character"):
        plain.count_masklet([masks, masks], size, boundary_radius(size), table)


@pytest.mark.parametrize("at_once", [1, 40, 1 << 16])
def test_counts_do_not_depend_on_how_much_is_read_at_once(monkeypatch, at_once):
    size = (40, 50)
    annotated, predicted = track(size, [0.5, None, 0.02, 1.0] * 4, 2), track(size, [0.5] * 16, 3)
    table = np.zeros((16, 9), np.int64)
    monkeypatch.setattr(plain, "_READ_AT_ONCE", at_once)
    plain.count_masklet([annotated, predicted], size, boundary_radius(size), table)
    counts = frame_counts([annotated], predicted)
    assert all(np.array_equal(table[:, n], getattr(counts, c)) for n, c in enumerate(COLUMNS))
