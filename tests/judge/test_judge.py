"""The judge's client, against a server on loopback that misbehaves."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from dataclasses import replace

import pytest

from sama_bench.judge.judge import Judge, JudgeSettings
from sama_bench.metric import JudgeError
from sama_bench.metrics._judged.clair_judge import ClairJudge
from tests.judge.judge_server import GOOD, KEY, ask, good, settings
from tests.processes import wait_until
from tests.shared import needs

pytestmark = needs("openai")


def test_replies_come_in_order_and_once(serve):
    def echo(handler, body, number):
        if number == 1:  # the first reply comes after others
            wait_until(lambda: len(server.bodies) > 4)
        handler.say(body["messages"][0]["content"].upper())

    server = serve(echo)
    judge = Judge(settings(server, concurrency=4, input_price=1.0, output_price=10.0))
    seen = []
    requests = [ask(f"text {i % 20}") for i in range(40)]
    replies = judge.replies(requests, progress=seen.append)
    assert [reply.text for reply in replies] == [f"TEXT {i % 20}" for i in range(40)]
    assert len(server.bodies) == 20
    assert 1 < server.most_busy <= 4
    assert sum(seen) == 40
    assert replies[0].served_model == "judge-2026-01"
    assert judge.usage.calls == 20
    assert judge.usage.cost == pytest.approx(20 * (100 * 1.0 + 10 * 10.0) / 1e6)
    assert "20 calls" in judge.usage.summary()


def test_parameters_and_their_overrides(serve):
    server = serve(good)
    form = {"temperature": 0.5, "max_tokens": 100, "response_format": {"type": "json_object"}}
    Judge(settings(server)).replies([ask(**form)])
    changes = {"temperature": 0.0, "max_tokens": 7, "json_mode": False, "extra": {"top_k": 1}}
    Judge(settings(server, **changes)).replies([ask(**form)])
    first, second = server.bodies
    assert {name: first[name] for name in form} == form
    assert first["model"] == "judge"
    assert (second["temperature"], second["max_tokens"], second["top_k"]) == (0.0, 7, 1)
    assert "response_format" not in second


@pytest.mark.parametrize("status", [429, 500, 503, 408])
def test_passing_failures_are_retried(serve, status):
    def twice(handler, body, number):
        handler.error(status) if number < 3 else handler.say(GOOD)

    server = serve(twice)
    judge = Judge(settings(server))
    assert judge.replies([ask()])[0].text == GOOD
    assert judge.usage.calls == len(server.bodies) == 3


def test_retry_after_is_obeyed(serve, clock):
    def later(handler, body, number):
        if number == 1:
            handler.error(429, Retry_After="0.4")
        else:
            handler.say(GOOD)

    server = serve(later)
    assert Judge(settings(server)).replies([ask()])[0].status == "answered"
    assert clock.slept == [0.4]


def hang(handler, body, number):
    handler.server.over.wait()


def drip(handler, body, number):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    while not handler.server.over.wait(0.1):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def torn(handler, body, number):
    handler.send(200, b'{"choices": [{"mess')


def no_choice(handler, body, number):
    handler.send(200, b'{"id": "1", "choices": [], "usage": null}')


def other_json(handler, body, number):
    handler.send(200, b"[1, 2]")


def null_json(handler, body, number):
    handler.send(200, b"null")


def list_content(handler, body, number):
    handler.say(["a", 1])


def hang_up(handler, body, number):
    handler.close_connection = True
    handler.connection.close()


@pytest.mark.parametrize(
    "behaviour",
    [hang, drip, torn, no_choice, other_json, null_json, list_content, hang_up],
    ids=lambda behaviour: behaviour.__name__,
)
def test_no_usable_response_is_a_failure_and_costs_only_itself(serve, behaviour, tmp_path):
    def sometimes(handler, body, number):
        if body["messages"][0]["content"] == "bad":
            behaviour(handler, body, number)
        else:
            handler.say(GOOD)

    server = serve(sometimes)
    cache = tmp_path / "cache.jsonl"
    judge = Judge(settings(server, retries=1, timeout=2.0), cache)
    bad, fine = judge.replies([ask("bad"), ask("fine")])
    assert (bad.status, bad.text) == ("failed", None)
    assert "no reply after 1 retries" in bad.error
    assert fine.text == GOOD
    assert judge.usage.failed == 1
    assert len(server.bodies) == 3
    assert len(cache.read_text().splitlines()) == 1, "failures are not kept"


def test_refusals_are_replies(serve, tmp_path):
    def refuse(handler, body, number):
        if number == 1:
            handler.say(None, refusal="I will not judge this.")
        else:
            handler.say("The score", finish_reason="content_filter")

    server = serve(refuse)
    cache = tmp_path / "cache.jsonl"
    requests = [ask("a"), ask("b")]
    first = Judge(settings(server, concurrency=1), cache).replies(requests)
    again = Judge(settings(server), cache).replies(requests)
    assert [reply.status for reply in first] == ["refused", "refused"]
    assert [reply.text for reply in again] == [None, "The score"]
    assert again[0].error == "refused: I will not judge this."
    assert len(server.bodies) == 2


def test_a_request_that_is_not_taken_costs_only_itself(serve):
    def picky(handler, body, number):
        if body["messages"][0]["content"] == "long":
            handler.error(400, "context length exceeded")
        else:
            handler.say(GOOD)

    server = serve(picky)
    long, fine = Judge(settings(server)).replies([ask("long"), ask("fine")])
    assert long.status == "failed"
    assert "context length" in long.error
    assert fine.status == "answered"
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (401, None, "OPENAI_API_KEY"),
        (404, None, "no judge 'judge'"),
        (429, "insufficient_quota", "credit"),
    ],
)
def test_what_no_request_survives_is_an_error(serve, status, code, message):
    server = serve(lambda handler, body, number: handler.error(status, f"bad {KEY}", code))
    with pytest.raises(JudgeError, match=message) as error:
        Judge(settings(server, concurrency=2)).replies([ask(str(i)) for i in range(30)])
    assert KEY not in str(error.value)
    assert "\n" not in str(error.value)
    assert len(server.bodies) <= 4


def test_an_endpoint_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    nowhere = JudgeSettings("judge", "http://127.0.0.1:9/v1", retries=0, backoff=0.0)
    with pytest.raises(JudgeError, match="in a row"):
        Judge(nowhere).replies([ask(str(i)) for i in range(200)])


def test_rate_limit(serve, clock):
    server = serve(good)
    Judge(settings(server, requests_per_minute=1200)).replies([ask(str(i)) for i in range(8)])
    assert clock.slept == pytest.approx([number * 0.05 for number in range(8)])


def test_spending_cap(serve, tmp_path):
    server = serve(good)
    prices = {"input_price": 100.0, "output_price": 100.0, "concurrency": 2}
    # A reply costs 0.011; what it may cost at most is a little more.
    capped = settings(server, spending_cap=0.1, **prices)
    requests = [ask(f"{i} " + "word " * 30, max_tokens=20) for i in range(30)]
    judge = Judge(capped, tmp_path / "cache.jsonl")
    replies = judge.replies(requests)
    unasked = [reply for reply in replies if reply.status == "unasked"]
    assert 20 <= len(unasked) < 30
    assert "spending cap" in unasked[0].error
    assert judge.usage.cost <= 0.1
    rest = Judge(replace(capped, spending_cap=1.0), tmp_path / "cache.jsonl")
    assert all(reply.status == "answered" for reply in rest.replies(requests))
    assert len(server.bodies) == 30


def test_second_scoring_makes_no_call_and_needs_no_key(serve, tmp_path, monkeypatch):
    server = serve(good)
    cache = tmp_path / "deep" / "cache.jsonl"
    requests = [ask(f"téxt {i} \ud800", temperature=0.5) for i in range(12)]
    first = Judge(settings(server), cache).replies(requests)
    monkeypatch.delenv("OPENAI_API_KEY")
    for judge in (
        Judge(settings(server), cache),
        Judge(JudgeSettings("judge"), cache),  # replayed without key and endpoint
        Judge(JudgeSettings("judge", "http://elsewhere/v1", offline=True), cache),
    ):
        again = judge.replies(requests)
        assert [replace(reply, cached=False) for reply in again] == first
        assert all(reply.cached for reply in again)
        assert (judge.usage.calls, judge.usage.cached) == (0, 12)
    assert len(server.bodies) == 12


def test_everything_that_matters_is_in_the_key(serve, tmp_path):
    server, other = serve(good), serve(good)
    cache = tmp_path / "cache.jsonl"
    plain = settings(server)
    Judge(plain, cache).replies([ask()])
    changes = [
        (plain, ask("other")),
        (plain, ask(attempt=2)),
        (plain, ask(temperature=0.1)),
        (plain, replace(ask(), form="test-2")),
        (replace(plain, model="judge-2"), ask()),
        (replace(plain, temperature=1.0), ask()),
        (replace(plain, json_mode=True), ask()),
        (replace(plain, extra={"seed": 1}), ask()),
        (settings(other), ask()),
    ]
    for number, (changed, request) in enumerate(changes, start=2):
        assert not Judge(changed, cache).replies([request])[0].cached
        assert len(server.bodies) + len(other.bodies) == number
    for same in (replace(plain, concurrency=1, retries=9, timeout=9.0), plain):
        assert Judge(same, cache).replies([ask()])[0].cached


def test_no_key_is_one_line(monkeypatch, tmp_path):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(JudgeError, match="OPENAI_API_KEY") as error:
        Judge(JudgeSettings("gpt-x"), tmp_path / "none.jsonl").replies([ask()])
    assert "\n" not in str(error.value)
    with pytest.raises(JudgeError, match="offline"):
        Judge(JudgeSettings("gpt-x", "http://x/v1", offline=True)).replies([ask()])


def test_torn_and_hostile_lines_of_a_cache(serve, tmp_path):
    server = serve(good)
    cache = tmp_path / "cache.jsonl"
    Judge(settings(server), cache).replies([ask("a")])
    line = cache.read_bytes()
    hostile = [
        b"[]",
        b"null",
        b'{"key": 1, "reply": {"status": "answered"}}',
        b'{"key": "x", "reply": {"status": "failed"}}',
        b'{"key": "x", "reply": {"status": "answered", "text": 3}}',
        b'{"key": "x", "reply": {"status": "answered", "input_tokens": "many"}}',
        b'{"key": "x", "reply": 3}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"key": "x"}',
        b'{"reply": {"status": "answered", "text": "a"}}',
        b'{"key": "x", "endpoint": 5, "reply": {"status": "answered", "text": "a"}}',
        b'{"key": "x", "reply": {"status": "answered"}}',
        b'{"key": "x", "reply": {"status": ["answered"], "text": "a"}}',
        b'{"key": "x", "reply": {"text": "a"}}',
        b'{"key": "x", "reply": {"status": "answered", "text": "a", "created": 1e999}}',
        *(
            b'{"key": "x", "reply": {"status": "answered", "text": "a", "input_tokens": %b}}'
            % count
            for count in (b"1e999", b"-1e999", b"NaN", b"-5", b"true", b"[]", b"0.5", b"9" * 400)
        ),
    ]
    cache.write_bytes(line + b"\n".join(hostile) + b"\n\n" + line[:-20])
    said = []
    judge = Judge(settings(server), cache, said.append)
    assert len(judge.cache.damaged) == len(hostile) + 1
    assert len(said) == 1
    assert f"{len(hostile) + 1} damaged lines are passed over (line 2: " in said[0]
    assert judge.replies([ask("a")])[0].cached
    assert not judge.replies([ask("b")])[0].cached
    later = Judge(settings(server), cache)
    assert all(reply.cached for reply in later.replies([ask("a"), ask("b")]))
    assert len(server.bodies) == 2


def test_a_cache_that_is_no_file(serve, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    for name in ("pipe", "endless", "."):
        with pytest.raises(JudgeError, match="cannot be read"):
            Judge(settings(serve(good)), tmp_path / name)


def test_the_key_is_nowhere(serve, tmp_path, caplog, capfd):
    def leaky(handler, body, number):
        if number == 1:
            handler.error(500, f"your key {KEY} is fine but we are not")
        elif number == 2:
            handler.error(400, f"Authorization: Bearer {KEY}")
        else:
            handler.say(f"score 5 for {body['model']}")

    server = serve(leaky)
    cache = tmp_path / "cache.jsonl"
    with pytest.raises(JudgeError, match="no user, password or query") as refused:
        JudgeSettings("judge", server.url.replace("http://", f"http://user:{KEY}@"))
    judge = Judge(settings(server, concurrency=1), cache)
    with caplog.at_level(logging.DEBUG):
        replies = judge.replies([ask("a"), ask("b")])
    assert replies[0].status == "failed"
    captured = capfd.readouterr()
    everything = [
        str(refused.value),
        repr(replies),
        repr(judge.usage),
        cache.read_text(),
        captured.out,
        captured.err,
    ]
    assert all(KEY not in text for text in everything)
    assert server.keys == {f"Bearer {KEY}"}
    assert all(KEY not in record.getMessage() for record in caplog.records)


def test_works_inside_a_running_loop(serve):
    server = serve(good)

    async def notebook():
        return Judge(settings(server)).replies([ask()])

    assert asyncio.run(notebook())[0].text == GOOD


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": ""},
        {"concurrency": 0},
        {"retries": -1},
        {"timeout": 0},
        {"requests_per_minute": 0},
        {"base_url": "localhost:8000"},
        {"base_url": "http://[oops"},
        {"base_url": "https://host/v1?key=1"},
        {"spending_cap": 1.0},
        {"spending_cap": 1.0, "input_price": 1.0},
        {"timeout": float("nan")},
        {"requests_per_minute": float("nan")},
        {"spending_cap": float("nan"), "input_price": 1.0, "output_price": 1.0},
        {"spending_cap": -1.0, "input_price": 1.0, "output_price": 1.0},
        {"spending_cap": 1.0, "input_price": float("nan"), "output_price": 1.0},
        {"spending_cap": 1.0, "input_price": 1.0, "output_price": -1.0},
        {"spending_cap": 1.0, "input_price": float("inf"), "output_price": 1.0},
    ],
)
def test_senseless_settings_are_refused(wrong):
    with pytest.raises(JudgeError):
        JudgeSettings(**{"model": "m", **wrong})


def test_clair_released_asks_up_to_three_times(serve, tmp_path):
    plan = {
        "fine": ['{"score": 59, "reason": "x"}'],
        "second": ["cannot say", "Score: 0.5"],
        "never": ["no", "no idea", "hm"],
        "raises": ['{"score": null}'],
        "refused": [None],
    }
    told = {name: iter(replies) for name, replies in plan.items()}

    def play(handler, body, number):
        name = body["messages"][1]["content"].split("- ")[1].split("\n")[0]
        handler.say(next(told[name]))

    server = serve(play)
    texts = {name: (name, "truth") for name in plan}
    clair = ClairJudge(Judge(settings(server), tmp_path / "cache.jsonl"))
    scores = clair(texts, "released")
    assert scores["fine"].score == pytest.approx(0.59)
    assert (scores["second"].score, scores["second"].calls) == (pytest.approx(0.5), 2)
    assert (scores["never"].score, scores["never"].calls) == (0.0, 3)
    assert scores["raises"].cause.startswith("TypeError")
    assert scores["refused"].cause.startswith("AttributeError")
    assert len(server.bodies) == 8
    assert server.bodies[0]["temperature"] == 0.5
    assert (
        ClairJudge(Judge(settings(server), tmp_path / "cache.jsonl"))(texts, "released") == scores
    )
    assert len(server.bodies) == 8


def test_clair_strict_counts_the_missing(serve):
    def play(handler, body, number):
        said = body["messages"][1]["content"]
        assert "same video" in said
        if "- bad\n" in said:
            handler.say("Score: 80")
        elif "- refused\n" in said:
            handler.say(None, refusal="no")
        elif "- broken\n" in said:
            handler.error(400)
        else:
            handler.say(GOOD)

    server = serve(play)
    texts = {name: (name, "truth") for name in ("good", "bad", "refused", "broken")}
    scores = ClairJudge(Judge(settings(server)))(texts, "strict")
    assert scores["good"].score == pytest.approx(0.8)
    assert [scores[name].score for name in ("bad", "refused", "broken")] == [None] * 3
    assert scores["refused"].cause == "refused: no"
    assert scores["broken"].cause.startswith("HTTP 400")
    assert server.bodies[0]["response_format"] == {"type": "json_object"}
    assert server.bodies[0]["temperature"] == 0.0


def test_clair_released_does_not_turn_a_spending_cap_into_zeros(serve):
    server = serve(good)
    capped = settings(server, spending_cap=0.0, input_price=1.0, output_price=1.0)
    with pytest.raises(JudgeError, match="1 of 1 samples have no judgement"):
        ClairJudge(Judge(capped))({"a": ("x", "y")}, "released")
    assert not server.bodies


def test_a_result_says_who_judged_and_with_which_replies(serve, tmp_path):
    server = serve(good)
    cache = tmp_path / "replies.jsonl"
    judge = Judge(settings(server, extra={"api_key": "hidden", "top_p": 1}), cache)
    assert judge.record()["cache_checksum"] is None
    judge.replies([ask(), ask("other")])
    said = judge.record()
    assert (said["replies"], said["cache"]) == (2, "replies.jsonl")
    assert said["cache_checksum"] == f"sha256:{hashlib.sha256(cache.read_bytes()).hexdigest()}"
    assert said["extra"] == {"api_key": "***", "top_p": "1"}
    assert ClairJudge(judge).record()["forms"]["strict"] == "clair-video-1"
    assert Judge(settings(server)).record()["cache"] is None
