"""What may be written down of options, texts and addresses."""

from __future__ import annotations

import base64
import html
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama_bench.storage import secrets
from sama_bench.storage.secrets import hold, public, scrub, secret_values
from sama_bench.worker.hello import Checkpoint, Hello

KEY = "correct/horse+battery é"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("api_key", "sk-1", "***"),
        ("auth", "x", "***"),
        ("passwd", "x", "***"),
        ("hf_tokens", "x", "***"),
        ("extra_headers", {"Authorization": "Bearer x"}, "***"),
        ("max_new_tokens", "512", "512"),
        ("base_url", "http://localhost:8000/v1", "http://localhost:8000/v1"),
        ("base_url", "http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("base_url", "https://me:sk-1@host/v1", "https://***@host/v1"),
        ("base_url", "https://me:half/other@host:9/v1", "https://***@host:9/v1"),
        ("base_url", "https://sk-1@host/v1?sig=sk-2&v=1", "https://***@host/v1?***"),
        ("base_url", "https://host/v1#access=sk-2", "https://host/v1#***"),
        ("checkpoint", "https://host/org/model@main", "https://host/org/model@main"),
        ("code", "/data/a@b?c", "/data/a@b?c"),
        ("style", "blue", "blue"),
    ],
)
def test_no_secret_of_an_option_is_written(name, value, shown):
    assert public({name: value}) == {name: shown}


def test_of_what_goes_to_an_endpoint_only_known_names_are_written():
    sent = {
        "temperature": 0.0,
        "max_completion_tokens": 300,
        "response_format": {"type": "json_object"},
        "chat_template_kwargs": {"enable_thinking": False, "api_key": "one", "other": "two"},
        "anything": "three",
        "credential": {"a": ["four"]},
        "n": None,
    }
    assert public(sent, known_only=True) == {
        "temperature": 0.0,
        "max_completion_tokens": 300,
        "response_format": {"type": "json_object"},
        "chat_template_kwargs": {"enable_thinking": False, "api_key": "***", "other": "***"},
        "anything": "***",
        "credential": "***",
        "n": None,
    }
    assert list(secret_values(sent, known_only=True)) == ["one", "two", "three", "four"]


@given(st.binary(max_size=7), st.binary(max_size=7))
def test_every_form_of_a_key_is_blanked(before, after):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOME_API_KEY", KEY)
        raw = before + KEY.encode() + after
        for coded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
            left = scrub(f"it was {coded.decode()}.")
            assert "***" in left
            assert len(left) < len("it was ***.") + 4 * 6  # no more than what stood around it
        for form in (KEY, quote(KEY), quote(KEY, safe=""), quote(KEY, safe="").replace("C3", "c3")):
            assert scrub(f"a{form}b") == "a***b"


def test_a_key_is_found_however_it_is_escaped(monkeypatch):
    monkeypatch.setenv("MY_API_KEY", KEY)
    octets = KEY.encode()
    forms = (
        "".join(f"%{octet:02X}" for octet in octets),
        quote(quote(KEY, safe="")),
        quote(quote(quote(KEY, safe=""), safe="")),
        html.escape(KEY),
        "".join(f"&#{ord(sign)};" if not sign.isalnum() else sign for sign in KEY),
        repr(octets)[2:-1],
        octets.hex(),
        octets.hex().upper(),
    )
    for form in forms:
        assert scrub(f"a-{form}-b") == "a-***-b"


def test_secrets_that_are_held_are_taken_out(monkeypatch):
    monkeypatch.setattr(secrets, "_held", set())
    monkeypatch.setenv("OTHER_TOKEN", "short")
    monkeypatch.setenv("MAX_TOKENS", "1000000")
    hold("Bearer abcdef-1", "xy")
    assert scrub("abcdef-1, Bearer abcdef-1, short, 1000000, xy") == (
        "***, ***, short, 1000000, xy"
    )


def test_a_manifest_names_a_checkpoint_without_its_password():
    card = {"seg_token": "[SEG]", "endpoint": "https://me:pw@host/v1"}
    weights = Checkpoint("https://me:pw@host/w", None, None)
    written = Hello(1, (), False, False, False, card, (), weights, {}, "3.11").recorded()
    assert written["checkpoint"] == "https://***@host/w"
    assert written["card"] == {"seg_token": "[SEG]", "endpoint": "https://***@host/v1"}
