"""The two ways of counting, on what makes them differ if anything does."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sama_bench.media import rle
from sama_bench.metrics._masks import backend, counts
from tests.metrics import definitions
from tests.metrics.each_kernel import frame_counts, using

EDGES = ("target_edge", "predicted_edge", "target_matched", "predicted_matched")


def edges(target, predicted):
    found = frame_counts([[rle.encode(target)]], [rle.encode(predicted)])
    return tuple(int(getattr(found, name)[0]) for name in EDGES)


@settings(max_examples=100)
@given(
    st.integers(1, 260),
    st.integers(1, 40),
    st.floats(0.0005, 0.6),
    st.floats(0.0005, 0.6),
    st.integers(0, 2**32),
)
def test_noise_of_any_density_in_tall_frames(height, width, one, other, seed):
    rng = np.random.default_rng(seed)
    target, predicted = rng.random((height, width)) < one, rng.random((height, width)) < other
    assert edges(target, predicted) == definitions.edge_counts(target, predicted)


@settings(max_examples=30)
@given(
    st.sampled_from([(64, 64), (128, 300), (191, 320), (400, 700), (480, 854)]),
    st.integers(2, 60),
    st.integers(0, 60),
    st.integers(1, 12),
    st.booleans(),
)
def test_stripes_that_do_not_match_at_once(size, period, shift, thick, upright):
    y, x = np.mgrid[: size[0], : size[1]]
    along = x if upright else y
    target = along % period < thick
    predicted = (along + shift) % period < thick
    assert edges(target, predicted) == definitions.edge_counts(target, predicted)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(-14, 14), st.integers(-14, 14))
def test_shifted_blobs(seed, down, right):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:300, :420]
    target = np.zeros((300, 420), bool)
    for _ in range(3):
        cy, cx, r = rng.integers(0, 300), rng.integers(0, 420), rng.integers(2, 90)
        target |= (y - cy) ** 2 + (x - cx) ** 2 < r * r
    predicted = np.roll(target, (down, right), (0, 1))
    assert edges(target, predicted) == definitions.edge_counts(target, predicted)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(-200, 200), st.integers(-200, 200))
def test_crop_and_full_frame(seed, down, right):
    """What lies inside a frame counts the same in a larger one of the same tolerance."""
    rng = np.random.default_rng(seed)
    small = np.zeros((40, 50), np.uint8)
    other = small.copy()
    small[2:38, 2:48] = rng.random((36, 46)) < 0.3
    other[2:38, 2:48] = rng.random((36, 46)) < 0.1
    found = []
    for place in (0, 1):
        shape = (400, 400)
        y, x = (100, 120) if place == 0 else (100 + down // 2, 120 + right // 2)
        frames = []
        for mask in (small, other):
            frame = np.zeros(shape, np.uint8)
            frame[y : y + 40, x : x + 50] = mask
            frames.append(frame)
        found.append(edges(*frames))
    assert found[0] == found[1]


def test_more_runs_than_are_looked_at_one_by_one():
    rng = np.random.default_rng(0)
    for density in (0.5, 0.05):
        target, predicted = rng.random((2, 300, 320)) < density
        target[:, :7] = predicted[:, -9:] = False
        assert edges(target, predicted) == definitions.edge_counts(target, predicted)


def test_tolerances_beyond_the_kernels_reach_are_counted_with_numpy():
    target, predicted = np.zeros((2, 7950, 50), np.uint8)
    target[100:200, 10:40] = 1
    predicted[150:300, 10:40] = 1
    assert counts.boundary_radius(target.shape) == 64
    assert edges(target, predicted) == definitions.edge_counts(target, predicted)


def test_kernel_is_chosen_by_name():
    with using("numpy"):
        assert backend.kernels() is None
    with using("numba"):
        assert backend.kernels() is not None
    with using("cuda"), pytest.raises(ValueError, match="auto, numba, numpy"):
        backend.kernels()


@pytest.mark.parametrize("settings", [{"NUMBA_DISABLE_JIT": "1"}, {"hide": "numba"}])
def test_without_a_compiler_numpy_counts(settings):
    script = (
        "import sys, os\n"
        f"settings = {settings!r}\n"
        "if 'hide' in settings: sys.modules['numba'] = None\n"
        "os.environ.update(settings)\n"
        "from sama_bench.media import rle\nfrom sama_bench.metrics._masks import backend, counts\n"
        "assert backend.kernels() is None\n"
        "import numpy as np\n"
        "mask = rle.encode(np.eye(9))\n"
        "assert counts.frame_counts([[mask]], [mask]).intersection[0] == 9\n"
        "from sama_bench import registry\n"
        "assert any(entry.name == 'j_and_f' for entry in registry.metrics())\n"
        "os.environ['SAMA_BENCH_KERNEL'] = 'numba'\n"
        "try: backend.kernels()\n"
        "except ValueError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "not installed" in done.stdout


@settings(max_examples=40)
@given(st.sampled_from([63, 64, 65, 128, 200]), st.integers(0, 2**32))
def test_frames_leave_nothing_behind_for_the_next(height, seed):
    """The kernel draws all frames of a masklet into the same words, in boxes of their own."""
    rng = np.random.default_rng(seed)
    target, predicted = np.zeros((2, 6, height, 300), np.uint8)
    for frame in (*target, *predicted):
        for _ in range(rng.integers(0, 3)):
            (top, bottom), (left, right) = (np.sort(rng.integers(0, n + 1, 2)) for n in frame.shape)
            frame[top:bottom, left:right] ^= 1
    found = frame_counts([[rle.encode(m) for m in target]], [rle.encode(m) for m in predicted])
    for frame, pair in enumerate(zip(target, predicted, strict=True)):
        counted = tuple(int(getattr(found, name)[frame]) for name in EDGES)
        assert counted == definitions.edge_counts(*(mask.astype(bool) for mask in pair))
