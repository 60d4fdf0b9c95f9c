import io
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from sama_bench.worker.messages import MAX_BYTES, VERSION, Channel, Message, WireError, pack


def reading(data):
    return Channel(io.BytesIO(data), io.BytesIO())


def test_messages_survive_the_pipe():
    out = io.BytesIO()
    channel = Channel(io.BytesIO(), out)
    sent = [Message("answer", {"key": "ä\ud800", "n": 1}, b"\x00line\n"), Message("heartbeat")]
    for message in sent:
        channel.send(message)
    back = reading(out.getvalue())
    assert [back.receive(), back.receive(), back.receive()] == [*sent, None]


def test_a_frame_cut_off_is_the_end():
    frame = pack(Message("answer", {"key": "a"}, b"line"))
    for cut in range(len(frame)):
        assert reading(frame[:cut]).receive() is None


@pytest.mark.parametrize(
    "data",
    [
        b"Loading checkpoint shards: 100%",
        struct.pack(">II", MAX_BYTES + 1, 0),
        struct.pack(">II", 2, 0) + b"{}",
        struct.pack(">II", 2, 0) + b"[]",
        struct.pack(">II", 3, 0) + b"abc",
    ],
)
def test_what_is_no_frame_is_refused(data):
    with pytest.raises(WireError):
        reading(data).receive()


def worker(messages):
    """Run a real worker on a fixed list of messages; what it said, and its exit status."""
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "sama_bench.worker", str(to_read), str(from_write)],
        pass_fds=(to_read, from_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(from_write)
    with os.fdopen(to_write, "wb") as write, os.fdopen(from_read, "rb") as read:
        channel = Channel(read, write)
        for message in messages:
            channel.send(message)
        write.close()
        said = list(iter(channel.receive, None))
    return said, process.wait(300)


def setup(**changes):
    facts = {
        "protocol": VERSION,
        "worker": "w",
        "adapter": f"{Path(__file__).parents[1]}/running/fakes.py:Bare",
        "heartbeat": 5,
        "setup": {"model": "bare"},
        "asked": {},
    }
    return Message("setup", {**facts, **changes})


def test_another_version_of_the_protocol_is_refused():
    said, status = worker([setup(protocol=VERSION + 1)])
    assert [message.kind for message in said] == ["fatal"]
    assert f"speaks protocol {VERSION}, not {VERSION + 1}" in said[0].data["error"]
    assert status == 2


def test_a_worker_ends_when_the_engine_is_gone():
    assert worker([]) == ([], 2)
    said, status = worker([setup()])
    assert status == 3
    assert [message.kind for message in said] in ([], ["hello"])


def test_a_hello_says_what_it_is():
    said, status = worker([setup(), Message("shutdown")])
    assert status == 0
    hello = said[0].data
    assert hello["protocol"] == VERSION
    assert hello["packages"]["sama-bench"]
    assert hello["packages"]["numpy"]
    assert (hello["takes_tracks"], hello["takes_history"], hello["oracle"]) == (False,) * 3
    assert hello["concurrency"] == 1
    assert hello["card"] == {}


def test_a_worker_starts_without_the_heavy_and_the_scoring_packages():
    code = (
        "import sys, json, sama_bench.worker.process, sama_bench.runfolder.folder; "
        "print(json.dumps([m for m in ('torch', 'transformers', 'numba', 'cv2', 'pandas', 'scipy', "
        "'click', 'tqdm', 'msgspec', 'PIL.Image', 'sama_bench.metrics', 'sama_bench.splits') "
        "if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
