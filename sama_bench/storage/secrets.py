"""What may be written down: the one place that decides about keys, passwords and addresses.

Two questions, for everything that reaches a file, a page or a message: may the value of an option
of this name be shown (``public``), and does a text hold a key that this process knows (``scrub``).
"""

from __future__ import annotations

import base64
import functools
import html
import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

BLANK = "***"
"""What stands in a secret's place."""

_SECRET_NAME = re.compile(
    r"key|token|secret|passw|passphrase|pwd|auth|cred|header|cookie|bearer|jwt|login|signature"
    r"|session|private|certificate",
    re.IGNORECASE,
)
_COUNTS = re.compile(
    r"^(max|min|n|num|stop|skip|add|truncate|spaces|prompt|ignore|allowed|bad|image|video|visual)_"
    r"(\w+_)?tokens?(_ids)?$|_session_id$|^keypoints?$",
    re.IGNORECASE,
)
"""Names about numbers of tokens and the like, which say nothing secret: ``max_new_tokens``."""

# fmt: off
_HARMLESS = frozenset((
    "temperature", "top_p", "top_k", "top_a", "min_p", "typical_p", "seed", "n", "best_of",
    "stop", "stream", "store", "length_penalty", "frequency_penalty", "presence_penalty",
    "repetition_penalty", "logit_bias", "logprobs", "top_logprobs", "echo", "response_format",
    "reasoning_effort", "reasoning", "verbosity", "service_tier", "modalities", "think",
    "thinking", "enable_thinking", "include_reasoning", "separate_reasoning",
    "chat_template_kwargs", "guided_json", "guided_choice", "guided_regex", "guided_grammar",
    "guided_decoding_backend", "structured_outputs", "json_schema", "ignore_eos",
    "use_beam_search", "early_stopping", "num_ctx", "num_predict", "options", "keep_alive",
    "provider", "route", "transforms", "type", "name", "schema", "strict", "json_object",
    "effort", "max_length", "do_sample", "num_beams", "model", "properties", "required",
    "items", "enum", "description", "title", "format",
))
# fmt: on
"""Parameters of a judge's requests whose values say how it was asked, and nothing else."""

_VARIABLE = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|(^|_)AUTH$|(^|_)PAT$")
_SHORTEST = 6  # shorter values occur in ordinary texts
_LOOKS_LIKE_A_KEY = re.compile(
    r"\bsk-[\w*.-]{6,}|\bhf_[A-Za-z0-9]{16,}|(?<=\bBearer )[\w.~+/=-]{6,}"
)
_ADDRESS = re.compile(r"(?P<scheme>[a-zA-Z][\w+.-]*://)(?P<rest>[^\s\"'<>]*)")

_held: set[str] = set()


def names_a_secret(name: str) -> bool:
    """Tell whether values of this name are secrets as a rule: ``api_key``, ``hf_tokens``."""
    return bool(_SECRET_NAME.search(name)) and not _COUNTS.search(name)


def public(options: Mapping[str, Any], known_only: bool = False) -> dict[str, Any]:
    """Return options as they may be written down.

    Args:
        options: values by name; mappings and lists are looked into.
        known_only: keep values of names that are known to be harmless and blank all others, for
            what travels to an endpoint. Otherwise, where anybody may define names, those that tell
            of secrets are blanked.

    Texts lose users, passwords and queries of addresses, and every key that is known here.
    """
    shown: dict[str, Any] = {}
    for name, value in options.items():
        if names_a_secret(name) or (known_only and not _harmless(name)):
            shown[name] = None if value is None else BLANK
        else:
            shown[name] = shown_value(value, known_only)
    return shown


def shown_value(value: Any, known_only: bool = False) -> Any:
    """Return one value, of a name that is no secret, as it may be written down."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return public(value, known_only)
    if isinstance(value, (list, tuple)):
        return [shown_value(item, known_only) for item in value]
    return value


def secret_values(options: Mapping[str, Any], known_only: bool = False) -> Iterator[str]:
    """Yield the texts in options that ``public`` blanks."""
    for name, value in options.items():
        if names_a_secret(name) or (known_only and not _harmless(name)):
            yield from _texts(value)
        elif isinstance(value, Mapping):
            yield from secret_values(value, known_only)


def hold(*secrets: str) -> None:
    """Have ``scrub`` take these out of every text for the rest of the process."""
    for secret in secrets:
        _held.update(part for part in (secret, secret.partition(" ")[2]) if len(part) >= _SHORTEST)


def scrub(text: str) -> str:
    """Return a text that may be written down: no key, and no secret part of an address."""
    text = without_keys(text)
    return _ADDRESS.sub(_without_login, text) if "://" in text else text


def scrub_all(value: Any) -> Any:
    """Return plain data with every text in it scrubbed, whatever its name."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {name: scrub_all(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [scrub_all(item) for item in value]
    return value


def without_keys(text: str) -> str:
    """Blank every form of a key that the process holds, in its environment or by ``hold``.

    As it is, percent-encoded (once or more), escaped in JSON, HTML and Python, in hexadecimal and
    in base64; what looks like a key goes as well.
    """
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = _as_it_is(secret).sub(BLANK, text)
        for form in _in_base64(secret):
            if form in text:
                text = re.sub(rf"[\w+/=-]{{0,4}}{re.escape(form)}[\w+/=-]{{0,4}}", BLANK, text)
    return _LOOKS_LIKE_A_KEY.sub(BLANK, text)


def _harmless(name: str) -> bool:
    return name.lower() in _HARMLESS or bool(_COUNTS.search(name))


def _secrets() -> set[str]:
    return _held | {
        value
        for name, value in os.environ.items()
        if len(value) >= _SHORTEST and _VARIABLE.search(name.upper()) and not value.isdecimal()
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


@functools.lru_cache(256)
def _as_it_is(secret: str) -> re.Pattern[str]:
    """Match a secret, each of its characters as it is or escaped, or the whole as hexadecimal."""
    whole = secret.encode("utf-8", "surrogatepass").hex()
    return re.compile("".join(map(_any_form, secret)) + f"|(?i:{whole})")


def _any_form(sign: str) -> str:
    """Return a pattern of one character: as it is, or as URLs, JSON, HTML and Python write it."""
    octets = sign.encode("utf-8", "surrogatepass")
    coded = "".join(f"%(?:25)*{octet:02x}" for octet in octets)  # %25 is a percent sign's own code
    if sign.isascii() and sign.isalnum():
        return f"(?:{sign}|(?i:{coded}))"
    forms = {sign, json.dumps(sign)[1:-1], html.escape(sign), f"&#{ord(sign)};"}
    forms |= {"+"} if sign == " " else {"\\/"} if sign == "/" else set()
    forms |= {"".join(f"\\x{octet:02x}" for octet in octets)}
    forms |= {f"\\x{ord(sign):02x}"} if ord(sign) < 256 else set()
    return f"(?:(?i:{coded})|{'|'.join(map(re.escape, sorted(forms, key=len, reverse=True)))})"


def _in_base64(secret: str) -> Iterator[str]:
    """Yield the middle of a secret in base64, at each of three offsets in what was encoded.

    Its ends share characters with what stands before and after.
    """
    raw = secret.encode("utf-8", "surrogateescape")
    if len(raw) < _SHORTEST + 2:
        return  # too few characters are its own at every offset
    for offset in range(3):
        whole = (len(raw) + offset) // 3 * 3 - offset
        coded = base64.b64encode(b"\0" * offset + raw[:whole])[(0, 2, 3)[offset] :].decode("ascii")
        yield from dict.fromkeys((coded, coded.replace("+", "-").replace("/", "_")))


def _without_login(found: re.Match[str]) -> str:
    """Blank user and password of an address, and what stands in its query and fragment.

    A password may hold a slash: what follows the first colon is then no port.
    """
    rest = found["rest"]
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    _, colon, port = host.partition(":")
    odd = bool(colon) and not host.startswith("[") and not port.isdecimal() and "@" in rest
    if "@" in host or odd:
        at = (host if "@" in host else rest).rfind("@")
        rest = f"{BLANK}@{rest[at + 1 :]}"
    rest = re.sub(r"\?.+", f"?{BLANK}", rest, flags=re.DOTALL)
    rest = re.sub(r"#[^?]*=.*", f"#{BLANK}", rest, flags=re.DOTALL)
    return found["scheme"] + rest
