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


class StatusError(Exception):
    def __init__(self, status, retry_after=None):
        super().__init__(f"status {status}")
        self.status_code = status
        headers = {} if retry_after is None else {"retry-after": retry_after}
        self.response = SimpleNamespace(headers=headers)


class FakeEndpoint:
    def __init__(self, *steps):
        self.steps, self.requests = list(steps), []
        self.chat = SimpleNamespace(completions=self)

    def create(self, **request):
        self.requests.append(request)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        usage = SimpleNamespace(prompt_tokens=1000, completion_tokens=10)
        choice = SimpleNamespace(message=SimpleNamespace(content=step), finish_reason="stop")
        return SimpleNamespace(choices=[choice], usage=usage)


def client(fake, waits=None, **more):
    endpoint = Endpoint("m", **more)
    return ChatClient(endpoint, (waits if waits is not None else []).append, fake)


def adapter(fake, **options):
    made = OpenaiApi()
    made.configure(Setup("openai", options={"model": "m", **options}))
    made._client = ChatClient(made._endpoint, lambda seconds: None, fake)
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


def test_passing_errors_are_retried_with_the_endpoints_pause():
    waits = []
    fake = FakeEndpoint(StatusError(429, "7"), StatusError(503), "fine")
    said = client(fake, waits).ask("q", [])
    assert (said.text, said.attempts) == ("fine", 3)
    assert waits[0] == 7.0
    assert 2.0 <= waits[1] <= 4.0


def test_lasting_errors_are_failures_at_once():
    fake = FakeEndpoint(StatusError(400), "never")
    with pytest.raises(EndpointError, match=r"no answer \(1 attempts\)"):
        client(fake).ask("q", [])
    fake = FakeEndpoint(*[StatusError(500)] * 2)
    with pytest.raises(EndpointError, match="2 attempts"):
        client(fake, attempts=2).ask("q", [])


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
        busy = len(Replies.heard) == 1
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
        self.send_response(503 if busy else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


def test_the_real_client_against_a_server_of_ours(tmp_path, monkeypatch):
    pytest.importorskip("openai")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-key-123")
    monkeypatch.setattr("sama_bench.adapters._chat.openai_client.pause", lambda error, attempt: 0.0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Replies)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/v1"
        made = OpenaiApi()
        made.load(Setup("openai", options={"model": "m", "base_url": url, "price_in": "1"}))
        video = clip(tmp_path, frames=2)
        wanted = frozenset({"text"})
        answer = made.predict(asked(video, "<mask>?", square_track(video), wants=wanted))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert answer.text == "A red square."
    assert answer.notes["attempts"] == 2
    assert answer.notes["dollars"] == pytest.approx(7e-6)
    key, body = Replies.heard[1]
    assert key == "Bearer sk-test-key-123"
    assert [part["type"] for part in body["messages"][0]["content"]] == ["image_url"] * 2 + ["text"]
    assert "sk-test" not in json.dumps([made.card(), answer.to_json()])
