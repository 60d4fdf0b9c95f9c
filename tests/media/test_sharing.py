"""Calls are computed once for a video, and never answered for other bits."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from sama_bench.errors import UserError
from sama_bench.media.sharing import Sharing, StopRunError
from sama_bench.media.sharing.room import GIB

torch = pytest.importorskip("torch")


class Counted:
    """Counts its calls; its result has aliases, a transposed map and a nested row."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x, scale=2.0):
        self.calls += 1
        top = x * scale
        return {"top": top, "maps": [top, (x + 1).flatten(1).permute(1, 0)], "name": "a"}


def kept(sharing, **more):
    function = Counted()
    return function, sharing.kept(function, "counted", **more)


def gib(size):
    return f"{size / GIB:.12f}"


def test_the_same_bits_are_computed_once_a_video():
    sharing = Sharing()
    function, shared = kept(sharing)
    x = torch.randn(3, 4, 5)
    sharing.begin("one")
    first, second = shared(x), shared(x.clone())
    assert function.calls == 1
    assert (sharing.hits, sharing.misses) == (1, 1)
    assert second["maps"][0] is second["top"], "aliases stay aliases"
    assert second["maps"][1].stride() == first["maps"][1].stride()
    assert second["maps"] is not shared(x)["maps"], "rows are fresh"
    sharing.begin("one")
    shared(x)
    assert function.calls == 1
    sharing.begin("another")
    shared(x)
    assert function.calls == 2
    assert sharing.room.host_used > 0


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x * -1,  # 0.0 and -0.0 are equal, and not the same bits
        lambda x: x.double(),
        lambda x: x.reshape(2, 2),
        lambda x: x + 1,
    ],
)
def test_other_inputs_are_computed(change):
    sharing = Sharing()
    shared = sharing.kept(lambda x: 1 / x)
    x = torch.zeros(4)
    shared(x)
    other = change(x)
    found = shared(other)
    assert torch.equal(found, 1 / other)
    assert found.dtype == other.dtype


def test_nan_is_itself_and_keywords_count():
    sharing = Sharing()
    function, shared = kept(sharing)
    x = torch.full((2, 2, 2), float("nan"))
    shared(x)
    shared(x.clone())
    assert function.calls == 1
    shared(x, scale=3.0)
    assert function.calls == 2
    with torch.autocast("cpu", torch.bfloat16):
        shared(x)
    assert function.calls == 3, "autocast changes what a call computes"


@pytest.mark.parametrize("inference", [False, True])
def test_what_a_model_changes_in_place_is_not_given_again(inference):
    sharing = Sharing()
    function, shared = kept(sharing)
    with torch.inference_mode(inference):
        x = torch.randn(2, 3, 4)
        wanted = Counted()(x)
        shared(x)
        shared(x)["top"].zero_()
        assert torch.equal(shared(x)["top"], wanted["top"])
        assert function.calls == 2
        x.add_(1)
        assert torch.equal(shared(x)["top"], x * 2)
        assert function.calls == 3


def test_arrays_and_pictures_are_compared_by_their_bytes():
    sharing = Sharing()
    calls = []

    def total(frame, picture):
        calls.append(1)
        return np.asarray(frame) + np.asarray(picture)

    shared = sharing.kept(total)
    frame, picture = np.zeros((40, 40, 3), np.uint8), Image.new("RGB", (40, 40))
    shared(frame, picture)[:] = 9
    assert not shared(frame.copy(), picture.copy()).any(), "a kept array is given as a copy"
    assert len(calls) == 1
    picture.putpixel((3, 5), (1, 1, 1))
    assert shared(frame, picture).sum() == 3
    frame[1, 1] = 1
    assert shared(frame, picture).sum() == 6


def test_what_cannot_be_compared_is_simply_called():
    sharing = Sharing()
    calls = []
    shared = sharing.kept(lambda *given: calls.append(given))
    shared(object())
    shared(object())
    shared({1, 2})
    assert len(calls) == 3
    odd = sharing.kept(lambda x: {x}, "odd")
    assert odd(1) == odd(1) == {1}


def test_above_a_limit_results_are_moved_and_come_back_the_same():
    x = torch.randn(64, 8, 8)
    near = Sharing()
    far = Sharing({"share_gpu_memory": gib(1000)})
    wanted = near.kept(Counted(), "counted")(x)
    function, shared = kept(far)
    shared(x)
    found = shared(x)
    assert function.calls == 1
    assert far.room.moved > 0
    assert near.room.moved == 0
    assert torch.equal(found["top"], wanted["top"])
    assert found["maps"][1].stride() == wanted["maps"][1].stride()
    assert found["maps"][0] is found["top"]


def test_memory_is_bounded_and_divided_by_the_workers():
    size = 4 * 1000
    frames = [torch.full((1000,), float(n)) for n in range(6)]
    for workers, held in ((1, 4), (2, 2)):
        sharing = Sharing({"share_memory": gib(8 * size + 100)}, workers)
        calls = []
        shared = sharing.kept(lambda x, calls=calls: (calls.append(1), x * 2)[1])
        for _ in range(3):
            assert all(torch.equal(shared(x), x * 2) for x in frames)
        assert len(calls) == 6 + 2 * (6 - held), "what found room stays"
        assert sharing.room.host_used <= sharing.room.total
    nothing = Sharing({"share_memory": "0"})
    function, shared = kept(nothing)
    shared(torch.ones(1, 1))
    shared(torch.ones(1, 1))
    assert function.calls == 2


def test_memory_that_cannot_be_had_fails_no_question(monkeypatch):
    def refused(*given, **more):
        raise RuntimeError("CUDA error: out of memory")

    sharing = Sharing({"share_gpu_memory": "0"})
    function, shared = kept(sharing)
    monkeypatch.setattr("sama_bench.media.sharing.room._copied", refused)
    x = torch.ones(2, 3)
    for _ in range(2):
        assert torch.equal(shared(x)["top"], x * 2)
    assert function.calls == 2


def test_constants_hold_for_all_videos():
    sharing = Sharing()
    function, shared = kept(sharing, constant=True)
    for video in "abc":
        sharing.begin(video)
        shared(torch.ones(1, 2))
    assert function.calls == 1
    one, other = torch.ones(5), torch.ones(5)
    assert sharing.constant(one) is sharing.constant(other)


def test_a_constant_is_neither_counted_nor_moved_with_each_frame():
    sharing = Sharing({"share_gpu_memory": "0"})
    place = torch.ones(1000)
    shared = sharing.kept(lambda x: (x * 2, sharing.constant(place.clone())))
    for number in range(5):
        shared(torch.full((10,), float(number)))
    assert sharing.room.host_used == 5 * 2 * 40
    (one, first), (_, second) = shared(torch.zeros(10)), shared(torch.ones(10))
    assert first.data_ptr() == second.data_ptr()
    assert torch.equal(one, torch.zeros(10))


def test_two_results_exchanged_are_noticed_and_the_run_stops():
    sharing = Sharing({"share_check": "2"})
    shared = sharing.kept(lambda x: x * 2)
    frames = [torch.full((4,), 1.0), torch.full((4,), 2.0)]
    for x in frames:
        shared(x)
    (one,), (other,) = sharing._entries.by_key.values()
    one.values, other.values = other.values, one.values
    shared(frames[0])
    with pytest.raises(StopRunError, match=r"share_check: .* other bits"):
        shared(frames[1])
    with pytest.raises(StopRunError):
        sharing.begin("the next question")


def test_a_device_that_does_not_repeat_itself_shares_nothing(capsys):
    sharing = Sharing()
    numbers = iter(range(100))
    sharing.prove("a frame's features", lambda: torch.tensor(next(numbers)))
    assert not sharing.on
    assert sharing.remarks == [
        "nothing is shared between the questions of a video: this device does not repeat a "
        "frame's features to the last bit"
    ]
    function, shared = kept(sharing)
    shared(torch.ones(1, 1))
    shared(torch.ones(1, 1))
    assert function.calls == 2
    sound = Sharing()
    sound.prove("a frame's features", lambda: torch.ones(3))
    assert sound.on


def test_off_is_off():
    sharing = Sharing({"share": "off"})
    function, shared = kept(sharing)
    shared(torch.ones(1, 1))
    shared(torch.ones(1, 1))
    assert function.calls == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("share", "yes"), ("share_check", "0"), ("share_check", "1.5"), ("share_memory", "-1"),
     ("share_memory", "nan"), ("share_gpu_memory", "much")],
)  # fmt: skip
def test_settings_are_checked(name, value):
    with pytest.raises(UserError, match=f"--option {name}={value}"):
        Sharing({name: value})
