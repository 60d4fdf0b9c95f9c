"""A judge on loopback that behaves as badly as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sama_bench.judge.settings import JudgeSettings
from sama_bench.metric import JudgeRequest

KEY = "sk-test-0123456789abcdef"
GOOD = '{"score": 80, "reason": "close"}'

Behaviour = Callable[["Handler", dict[str, Any], int], None]


class JudgeServer(ThreadingHTTPServer):
    """Counts requests; ``behaviour`` answers each, given its body and its number from 1."""

    daemon_threads = True

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.bodies: list[dict[str, Any]] = []
        self.over = threading.Event()
        self.keys: set[str] = set()
        self.busy = self.most_busy = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def stop(self) -> None:
        """End, with all requests that are still waited for."""
        self.over.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """Clients that hang up are part of the play."""


class Handler(BaseHTTPRequestHandler):
    server: JudgeServer
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.lock:
            server.bodies.append(body)
            server.keys.add(self.headers.get("Authorization", ""))
            number = len(server.bodies)
            server.busy += 1
            server.most_busy = max(server.most_busy, server.busy)
        try:
            server.behaviour(self, body, number)
        finally:
            with server.lock:
                server.busy -= 1

    def send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def say(self, text: str | None, **message: Any) -> None:
        finish = message.pop("finish_reason", "stop")
        self.send(200, json.dumps(completion(text, finish, **message)).encode())

    def error(self, status: int, text: str = "no", code: str | None = None, **headers: str) -> None:
        content = {"error": {"message": text, "type": "x", "code": code}}
        self.send(status, json.dumps(content).encode(), **headers)

    def log_message(self, *_: object) -> None:
        pass


def completion(text: str | None, finish: str = "stop", **message: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "judge-2026-01",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }


def settings(server, **changes):
    defaults = {"backoff": 0.01, "retries": 3, "timeout": 5.0}
    return JudgeSettings("judge", server.url, **{**defaults, **changes})


def ask(text="hello", attempt=1, **parameters):
    return JudgeRequest(
        ({"role": "user", "content": text},), form="test-1", parameters=parameters, attempt=attempt
    )


def good(handler, body, number):
    handler.say(GOOD)
