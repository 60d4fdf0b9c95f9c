"""Servers on loopback that are judges, and a clock that stands still."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest

from sama_bench.judge import judge as judge_module
from tests.judge.judge_server import KEY, JudgeServer


@pytest.fixture
def serve(monkeypatch):
    """Start servers by behaviour; they stop with the test."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    servers = []

    def start(behaviour):
        server = JudgeServer(behaviour)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


class StandingClock:
    """``asyncio`` for the judge: no time passes, and how long it would sleep is noted."""

    def __init__(self):
        self.slept = []

    def __getattr__(self, name):
        return getattr(asyncio, name)

    def get_running_loop(self):
        return SimpleNamespace(time=lambda: 0.0)

    async def sleep(self, seconds):
        self.slept.append(seconds)


@pytest.fixture
def clock(monkeypatch):
    standing = StandingClock()
    monkeypatch.setattr(judge_module, "asyncio", standing)
    return standing
