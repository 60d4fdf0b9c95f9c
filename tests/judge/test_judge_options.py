"""The judge's options on the command line become its settings."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from sama_bench.cli._judge import judge_options, summary
from sama_bench.errors import UserError


def opened(*arguments):
    """Return the judge that a command with these arguments gets."""
    found = []

    @click.command()
    @judge_options
    @click.option("--other", default="x")
    def command(judge, other):
        found.append((judge, other))

    result = CliRunner().invoke(command, list(arguments), standalone_mode=False)
    if result.exception:
        raise result.exception
    return found[0]


def test_without_a_model_there_is_no_judge():
    assert opened("--other", "y") == (None, "y")


def test_options_become_settings(tmp_path):
    judge, other = opened(
        *("--judge-model", "m-2026", "--judge-base-url", "http://host/v1"),
        *("--judge-cache", str(tmp_path / "j.jsonl"), "--judge-concurrency", "3"),
        *("--judge-rate", "30", "--judge-timeout", "9", "--judge-prices", "0.5", "1.5"),
        *("--judge-max-cost", "2", "--judge-option", "temperature=0"),
        *("--judge-option", "response_format=null", "--judge-option", "user=me"),
    )
    settings = judge.judge.settings
    assert other == "x"
    assert (settings.model, settings.base_url) == ("m-2026", "http://host/v1")
    assert (settings.concurrency, settings.requests_per_minute, settings.timeout) == (3, 30, 9)
    assert (settings.input_price, settings.output_price, settings.spending_cap) == (0.5, 1.5, 2)
    assert settings.extra == {"temperature": 0, "response_format": None, "user": "me"}
    assert judge.judge.cache.path == tmp_path / "j.jsonl"
    assert summary(judge).startswith("m-2026: judge: 0 calls")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--judge-cache", "x"], "need --judge-model"),
        (["--judge-option", "seed=1"], "need --judge-model"),
        (["--judge-model", "m", "--judge-max-cost", "1"], "--judge-prices"),
        (["--judge-model", "m", "--judge-base-url", "host"], "http://"),
        (["--judge-model", "m", "--judge-option", "seed"], "key=value"),
    ],
)
def test_wrong_options_are_one_line(arguments, message):
    with pytest.raises(UserError, match=message) as error:
        opened(*arguments)
    assert "\n" not in str(error.value)
