"""The hello of a worker: what was made there is read by the same class; other versions are told."""

import json
from dataclasses import replace

import pytest

from sama_bench.adapter import Adapter, Setup
from sama_bench.errors import AdapterError
from sama_bench.launch.local_process import Link
from sama_bench.worker.handshake import hello
from sama_bench.worker.hello import Hello
from sama_bench.worker.messages import VERSION, Message
from tests.running import fakes


class Carded(Adapter):
    revision = "step 5"

    def card(self):
        return {"frames": ("first", 5)}

    def predict(self, sample):
        raise NotImplementedError


SAID = hello(Carded(), Setup("x")).to_json()


def test_what_a_worker_says_is_what_the_engine_reads():
    read = Hello.from_json(json.loads(json.dumps(SAID)))
    assert read == replace(hello(Carded(), Setup("x")), card={"frames": ["first", 5]})
    assert read.recorded()["revision"] == "step 5"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"protocol": VERSION - 1}, rf"speaks protocol {VERSION - 1}, not {VERSION}"),
        ({"oracle": None}, "'oracle' is not true or false"),
        ({"can": ["segment", 3]}, "'can' 1 is not a text"),
        ({"concurrency": True}, "'concurrency' is not a whole number"),
        ({"checkpoint": {"name": None}}, "'checkpoint': lacks fingerprint, revision"),
        ({"packages": {"torch": 2.1}}, "'packages' 'torch' is not a text"),
        ({"mood": "good"}, "has unknown mood"),
    ],
)
def test_a_hello_of_another_version_is_one_line(change, says):
    with pytest.raises(AdapterError, match=says) as told:
        Hello.from_json({**SAID, **change})
    assert "install this version of sama-bench" in str(told.value)
    assert "\n" not in str(told.value)


class Older(Link):
    """A worker whose hello lacks a field."""

    def __init__(self, name, device, log, hear):
        self.hear = hear

    def send(self, message):
        if message.kind == "setup":
            self.hear(Message("hello", {k: v for k, v in SAID.items() if k != "takes_tracks"}))

    def kill(self, patience=0.0):
        pass


def test_a_run_with_a_worker_of_another_version_ends_in_that_line(tmp_path):
    with pytest.raises(AdapterError, match="the worker says hello in another way, which lacks tak"):
        fakes.ask(tmp_path, launch=Older)
