"""The endpoint adapter against a client that plays an endpoint."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from sama_bench.adapter import Setup
from sama_bench.adapters._chat.openai_client import ChatClient, Endpoint, EndpointError
from sama_bench.adapters.openai_api import OpenaiApi, gemini_frames, plain_answer
from sama_bench.errors import AdapterError
from sama_bench.storage.secrets import scrub
from tests.adapters.clips import asked, clip, square_track


class FakeEndpoint:
    def __init__(self, *steps):
        self.steps, self.requests = list(steps), []
        self.chat = SimpleNamespace(completions=SimpleNamespace(with_raw_response=self))

    def create(self, **request):
        self.requests.append(request)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        usage = SimpleNamespace(prompt_tokens=1000, completion_tokens=10)
        choice = SimpleNamespace(message=SimpleNamespace(content=step), finish_reason="stop")
        reply = SimpleNamespace(choices=[choice], usage=usage)
        return SimpleNamespace(parse=lambda: reply, retries_taken=0)


def client(fake, **more):
    return ChatClient(Endpoint("m", **more), fake)


def adapter(fake, **options):
    made = OpenaiApi()
    made.configure(Setup("openai", options={"model": "m", **options}))
    made._client = ChatClient(made._endpoint, fake)
    return made


def test_frames_marks_and_question_are_sent(tmp_path):
    fake = FakeEndpoint("It is red.")
    video = clip(tmp_path, frames=20)
    question = "What is <mask>? Response with interleaved segmentation masks."
    answer = adapter(fake).predict(asked(video, question, square_track(video)))
    assert answer.text == "It is red."
    assert answer.segments == ()
    assert answer.notes["prompt_tokens"] == 1000
    content = fake.requests[0]["messages"][0]["content"]
    assert [part["type"] for part in content] == ["image_url"] * 8 + ["text"]
    assert content[0]["image_url"]["url"].startswith("data:image/png;base64,")
    assert content[-1]["text"].endswith("What is the object within the red box?")


def test_the_gemini_protocol(tmp_path):
    video = clip(tmp_path, frames=20)
    made = adapter(FakeEndpoint(), protocol="gemini")
    late = square_track(video, range(5, 20))
    wanted = frozenset({"text"})
    sample = asked(video, "Describe <mask>.", square_track(video), late, wants=wanted)
    arguments = made.arguments(sample)
    assert len(arguments["images"]) == 5
    assert {image.size for image in arguments["images"]} == {(384, 384)}
    assert "the object within red box" in arguments["text"]
    plain = np.asarray(arguments["images"][1])
    marked = np.asarray(arguments["images"][0])
    assert marked.shape == plain.shape


@pytest.mark.parametrize(
    ("total", "describes", "expected"),
    [
        (20, True, [0, 1, 7, 13, 19]),
        (20, False, [0, 4, 9, 14, 19]),
        (3, True, [0, 1, 2]),
        (1, False, [0]),
    ],
)
def test_frames_of_the_gemini_protocol(total, describes, expected):
    assert gemini_frames(total, describes) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('{"answer": " A dog. "}', "A dog."),
        ('```json\n{"answer": "A dog."}\n```', "A dog."),
        ("A dog.", "A dog."),
        ('{"answer": 3}', '{"answer": 3}'),
        ('{"answer": "cut', '{"answer": "cut'),
    ],
)
def test_json_replies_are_unpacked(reply, expected):
    assert plain_answer(reply) == expected


def test_cost_is_counted_and_limited():
    fake = FakeEndpoint("a", "b")
    asking = client(fake, prices=(2.0, 10.0), limit=0.002)
    assert asking.ask("q", []).dollars == pytest.approx(0.0021)
    with pytest.raises(EndpointError, match="spending limit"):
        asking.ask("q", [])


def test_the_key_never_reaches_a_message(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-key")
    assert "secret" not in scrub("bad key sk-very-secret-key")
    fake = FakeEndpoint(RuntimeError("denied for sk-very-secret-key"))
    with pytest.raises(EndpointError) as caught:
        client(fake).ask("q", [])
    assert "secret" not in str(caught.value)


def test_options_are_checked(monkeypatch):
    with pytest.raises(AdapterError, match="name the endpoint's model"):
        OpenaiApi().configure(Setup("openai"))
    with pytest.raises(AdapterError, match="limit needs price_in"):
        OpenaiApi().configure(Setup("openai", options={"model": "m", "limit": "1"}))
    with pytest.raises(AdapterError, match="--offline"):
        OpenaiApi().load(Setup("openai", options={"model": "m"}, offline=True))
    pytest.importorskip("openai")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(AdapterError, match="set OPENAI_API_KEY"):
        OpenaiApi().load(Setup("openai", options={"model": "m"}))


class Replies(BaseHTTPRequestHandler):
    heard: ClassVar[list] = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        Replies.heard.append((self.headers.get("authorization"), body))
        status = {"m400": 400, "m500": 500}.get(
            body["model"], 503 if len(Replies.heard) == 1 else 200
        )
        busy = status != 200
        reply = {"error": {"message": "busy"}} if busy else {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": "A red square."},
                }
            ],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        }  # fmt: skip
        content = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("retry-after-ms", "1")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.fixture
def url(monkeypatch):
    pytest.importorskip("openai")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-key-123")
    Replies.heard.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Replies)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("model", "requests"), [("m400", 1), ("m500", 3)])
def test_what_may_pass_is_tried_again_and_nothing_else(url, model, requests):
    with pytest.raises(EndpointError, match=r"gave no answer \(attempts allowed: 3\): .*busy"):
        ChatClient(Endpoint(model, url, attempts=3)).ask("q", [])
    assert len(Replies.heard) == requests


def test_the_real_client_against_a_server_of_ours(url, tmp_path):
    made = OpenaiApi()
    made.load(Setup("openai", options={"model": "m", "base_url": url, "price_in": "1"}))
    video = clip(tmp_path, frames=2)
    wanted = frozenset({"text"})
    answer = made.predict(asked(video, "<mask>?", square_track(video), wants=wanted))
    assert answer.text == "A red square."
    assert answer.notes["attempts"] == 2
    assert answer.notes["dollars"] == pytest.approx(7e-6)
    key, body = Replies.heard[1]
    assert key == "Bearer sk-test-key-123"
    assert [part["type"] for part in body["messages"][0]["content"]] == ["image_url"] * 2 + ["text"]
    assert "sk-test" not in json.dumps([made.card(), answer.to_json()])
