"""Judges that fail, cost, echo or lead elsewhere: none of it is a 0, and none of it is unseen."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json

import pytest

from sama_bench.judge import judge as judge_module
from sama_bench.judge.judge import Judge, JudgeSettings
from sama_bench.judge.watch import Watch
from sama_bench.metric import JudgeError
from sama_bench.metrics._judged.clair_judge import ClairJudge
from sama_bench.storage import secrets
from tests.judge.judge_server import GOOD, KEY, ask, completion, good, settings
from tests.processes import wait_until
from tests.shared import needs

pytestmark = needs("openai")

PRICES = {"input_price": 1000.0, "output_price": 1000.0}
TEXTS = {str(number): (f"text {number}", "truth") for number in range(5)}


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        (
            "max_tokens is not supported with this model",
            "--judge-option max_tokens=null, or rename",
        ),
        ("response_format: Extra inputs are not permitted", "response_format=null"),
        ("no", "--judge-option NAME=null"),
    ],
)
@pytest.mark.parametrize("number", [1, 5, 40])
def test_a_judge_that_refuses_every_request_is_no_judge(serve, said, hint, number):
    server = serve(lambda handler, body, number: handler.error(400, said))
    texts = {str(i): (f"text {i}", "truth") for i in range(number)}
    with pytest.raises(JudgeError, match="refuses every request") as error:
        ClairJudge(Judge(settings(server, concurrency=2)))(texts, "strict")
    assert said in str(error.value)
    assert hint in str(error.value)
    assert len(server.bodies) <= 21


def test_one_text_that_is_refused_again_does_not_end_the_rest(serve, tmp_path):
    def picky(handler, body, number):
        if "text 3" in body["messages"][1]["content"]:
            handler.error(400, "context length exceeded")
        else:
            handler.say(GOOD)

    server = serve(picky)
    for _ in range(2):  # the second time everything else is in the cache
        found = ClairJudge(Judge(settings(server), tmp_path / "c.jsonl"))(TEXTS, "strict")
        assert [found[id].failed for id in TEXTS] == [False, False, False, True, False]
        assert found["3"].score is None
    released = ClairJudge(Judge(settings(server)))(TEXTS, "released")
    assert released["3"].failed


@pytest.mark.parametrize("number", [1, 5, 40])
def test_a_dead_judge_ends_few_texts_too(serve, number):
    server = serve(lambda handler, body, number: handler.error(503, "away"))
    judge = Judge(settings(server, retries=1, concurrency=4))
    with pytest.raises(JudgeError, match=r"in a row .*away"):
        judge.replies([ask(str(i)) for i in range(number)])
    assert len(server.bodies) <= 2 * 8


def test_nothing_but_failures_of_several_kinds_is_an_error(serve):
    def mixed(handler, body, number):
        odd = int(body["messages"][0]["content"]) % 2
        handler.error(400 if odd else 500, "no")

    judge = Judge(settings(serve(mixed), retries=0, concurrency=1))
    with pytest.raises(JudgeError, match="answered none of 6 requests"):
        judge.replies([ask(str(i)) for i in range(6)])


def test_a_judge_that_never_answered_is_not_waited_for_long(serve, monkeypatch):
    """Retries end early once the judge has been silent for long enough."""
    monkeypatch.setattr(judge_module, "_DEAD_SECONDS", 0.0)
    server = serve(lambda handler, body, number: handler.error(500, "away"))
    with pytest.raises(JudgeError, match="in a row"):
        Judge(settings(server, retries=50, concurrency=1)).replies([ask("a")])
    assert len(server.bodies) == 2


def test_a_silent_judge_is_told_about(monkeypatch):
    slept, said = [], []

    class Clock:
        def __getattr__(self, name):
            return getattr(asyncio, name)

        async def sleep(self, seconds):
            slept.append(seconds)
            if len(slept) == 3:
                watch.replied()
            if len(slept) == 5:
                raise asyncio.CancelledError

    monkeypatch.setattr("sama_bench.judge.watch.asyncio", Clock())
    watch = Watch(said.append, lambda: 7)
    watch.problem = "no connection"
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watch.run())
    assert slept == [30, 60, 120, 30, 60]
    assert [line.split(" for ")[1].split(" (")[0] for line in said] == ["30 s", "90 s", "30 s"]
    assert "no connection" in said[0]
    assert "7 texts are left" in said[0]


@pytest.mark.parametrize(
    "usage",
    [None, {"prompt_tokens": "many", "completion_tokens": []}, {"prompt_tokens": 0}],
    ids=["none", "words", "nothing"],
)
def test_replies_that_are_not_counted_cost_the_estimate(serve, usage):
    def uncounted(handler, body, number):
        handler.send(200, json.dumps({**completion(GOOD), "usage": usage}).encode())

    judge = Judge(settings(serve(uncounted), spending_cap=1.0, concurrency=1, **PRICES))
    replies = judge.replies([ask(str(i), max_tokens=100) for i in range(30)])
    # About 50 + 100 tokens each: six of them fit into a dollar.
    assert [reply.status for reply in replies] == ["answered"] * 6 + ["unasked"] * 24
    assert judge.usage.cost == pytest.approx(0.9)
    assert judge.usage.uncounted == 6
    assert "6 replies estimated" in judge.usage.summary()


def test_counts_that_are_texts_are_counts(serve):
    def texts(handler, body, number):
        usage = {"prompt_tokens": "100", "completion_tokens": "20"}
        handler.send(200, json.dumps({**completion(GOOD), "usage": usage}).encode())

    judge = Judge(settings(serve(texts), **PRICES))
    judge.replies([ask()])
    assert (judge.usage.input_tokens, judge.usage.output_tokens) == (100, 20)
    assert judge.usage.cost == pytest.approx(0.12)


def test_requests_without_a_choice_cost_too(serve):
    def nothing(handler, body, number):
        usage = {"prompt_tokens": 200, "completion_tokens": 100}
        handler.send(200, json.dumps({"id": "1", "choices": [], "usage": usage}).encode())

    server = serve(nothing)
    judge = Judge(settings(server, spending_cap=1.0, concurrency=1, retries=50, **PRICES))
    reply = judge.replies([ask(max_tokens=100)])[0]
    assert reply.status == "unasked"
    assert len(server.bodies) == 3
    assert judge.usage.cost == pytest.approx(0.9)


def test_the_cap_waits_for_what_is_under_way(serve):
    """What is reserved may come free: nothing is left unasked while requests are in flight."""

    def together(handler, body, number):
        if number <= 2:  # the first two are held until both are there
            wait_until(lambda: len(server.bodies) >= 2)
        handler.say(GOOD)

    server = serve(together)
    # A request may cost 0.35, and costs 0.11: three at once do not fit, nine in turn do.
    judge = Judge(settings(server, spending_cap=1.0, concurrency=8, **PRICES))
    replies = judge.replies([ask(f"{i}", max_tokens=300) for i in range(30)])
    asked = [reply for reply in replies if reply.status == "answered"]
    assert len(asked) == 6
    assert 1.0 - 0.35 < judge.usage.cost <= 1.0


def test_a_refusal_without_a_verdict_is_asked_once_and_has_a_cause(serve):
    def filtered(handler, body, number):
        handler.say("", finish_reason="content_filter")

    server = serve(filtered)
    found = ClairJudge(Judge(settings(server)))(TEXTS, "released")
    assert {(item.score, item.cause) for item in found.values()} == {
        (None, "refused: content filter")
    }
    assert not any(item.failed for item in found.values())
    assert len(server.bodies) == len(TEXTS)


def large(handler, body, number):
    handler.say("x" * 3_000_000)


def endless(handler, body, number):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    part = b"%x\r\n" % 100_000 + b" " * 100_000 + b"\r\n"
    while not handler.server.over.is_set():
        handler.wfile.write(part)


def packed(handler, body, number):
    content = gzip.compress(json.dumps(completion("x" * 3_000_000)).encode())
    handler.send(200, content, Content_Encoding="gzip")


def large_error(handler, body, number):
    handler.send(500, b"x" * 3_000_000)


@pytest.mark.parametrize("behaviour", [large, endless, packed, large_error])
def test_a_reply_has_a_size_limit(serve, behaviour):
    def sometimes(handler, body, number):
        if body["messages"][0]["content"] == "bad":
            behaviour(handler, body, number)
        else:
            handler.say(GOOD)

    server = serve(sometimes)
    judge = Judge(settings(server, timeout=60.0, **PRICES))
    bad, fine = judge.replies([ask("bad"), ask("fine")])
    assert bad.status == "failed"
    assert "larger than 1 MiB" in bad.error or "compressed" in bad.error
    assert fine.text == GOOD
    assert len(server.bodies) == 2, "it is not asked, and paid, again"
    assert judge.usage.uncounted == 1


def test_a_redirect_to_no_address_is_refused(serve):
    def behaviour(handler, body, number):
        handler.send(307, b"", Location="http://evil\x1b[31m.example/x")

    with pytest.raises(JudgeError, match="redirects to another host, which no address names"):
        Judge(settings(serve(behaviour))).replies([ask()])


def test_a_redirect_to_another_host_is_refused(serve):
    other = serve(good)

    def away(handler, body, number):
        handler.send(307, b"", Location=other.url + "/chat/completions")

    server = serve(away)
    with pytest.raises(JudgeError, match="redirects to another host"):
        Judge(settings(server)).replies([ask()])
    assert not other.bodies

    def within(handler, body, number):
        if number == 1:
            handler.send(307, b"", Location="/other/chat/completions")
        else:
            handler.say(GOOD)

    assert Judge(settings(serve(within))).replies([ask()])[0].text == GOOD


@pytest.mark.parametrize(
    "url",
    ["http://host:abc/v1", "http://user:hunter/SECRET2@127.0.0.1:9/v1", "http://host:99999/v1"],
)
def test_a_wrong_port_is_one_line_without_any_part_of_it(url):
    with pytest.raises(JudgeError, match="a port that is no number") as error:
        JudgeSettings("m", url)
    assert not any(part in str(error.value) for part in ("hunter", "SECRET2", "abc"))


def test_no_secret_of_the_options_and_no_echoed_key_is_written(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(secrets, "_held", set())

    def echo(handler, body, number):
        key = handler.headers["Authorization"].encode()
        said = f"{base64.b64encode(key).decode()} {body['passwd']}"
        content = completion(f'{{"score": 5, "reason": "{said}"}}')
        handler.send(200, json.dumps({**content, "model": f"m {key.decode()}"}).encode())

    extra = {
        "api_key": "SECRETkey",
        "extra_headers": {"Authorization": "Bearer SECRETheader"},
        "auth": "SECRETauth",
        "passwd": "SECRETpasswd",
        "hf_tokens": "SECRETtokens",
        "unknown": ["SECRETunknown"],
        "top_p": 0.5,
    }
    server, cache = serve(echo), tmp_path / "cache.jsonl"
    judge = Judge(settings(server, extra=extra), cache)
    reply = judge.replies([ask()])[0]
    assert server.bodies[0]["passwd"] == "SECRETpasswd", "it is sent all the same"
    written = cache.read_text() + json.dumps(judge.record()) + repr(reply)
    coded = base64.b64encode(f"Bearer {KEY}".encode()).decode()
    assert "SECRET" not in written
    assert KEY not in written
    assert coded[12:-4] not in written
    assert judge.record()["extra"]["top_p"] == "0.5"
    replayed = JudgeSettings("judge", extra={**extra, "api_key": "another"}, offline=True)
    assert Judge(replayed, cache).replies([ask()])[0].cached, "keys shape no reply"
