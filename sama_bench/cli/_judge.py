"""The judge of the command line: its options, and its progress."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from sama_bench import registry
from sama_bench.cli._options import parse_options
from sama_bench.errors import UserError
from sama_bench.judge.judge import Judge, JudgeSettings
from sama_bench.metric import JudgeRequest, Reply
from sama_bench.tables.escape import one_line


class ShownJudge(Judge):
    """A judge that shows its progress on a terminal."""

    def replies(
        self,
        requests: Sequence[JudgeRequest],
        *,
        progress: Callable[[int], object] | None = None,
    ) -> list[Reply]:
        """Return the reply to each request, as ``Judge.replies``."""
        with tqdm(total=len(requests), desc="judge", unit="text", disable=None) as bar:
            shown = progress if bar.disable else bar.update
            return super().replies(requests, progress=shown)


def summary(judge: Any) -> str:
    """Return one line on what a judge of texts was asked and spent."""
    return f"{judge.judge.settings.model}: {judge.judge.usage.summary()}"


Command = Callable[..., Any]

_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--judge-model", {"help": "Ask this model for CLAIR; pin a dated version."}),
    (
        "--judge-base-url",
        {"help": "An OpenAI-compatible endpoint; default OpenAI. Key: OPENAI_API_KEY."},
    ),
    (
        "--judge-cache",
        {
            "type": click.Path(path_type=Path, dir_okay=False),
            "help": "File of the judge's replies: read first, appended to. It can be published and "
            "replayed without a key.",
        },
    ),
    (
        "--judge-concurrency",
        {
            "type": click.IntRange(1),
            "default": 8,
            "show_default": True,
            "help": "Requests at once.",
        },
    ),
    (
        "--judge-rate",
        {"type": click.FloatRange(0, min_open=True), "help": "At most so many requests a minute."},
    ),
    (
        "--judge-timeout",
        {
            "type": click.FloatRange(0, min_open=True),
            "default": 60.0,
            "show_default": True,
            "help": "Seconds until a reply must be complete.",
        },
    ),
    (
        "--judge-prices",
        {
            "type": (float, float),
            "metavar": "IN OUT",
            "help": "US dollars for a million tokens of prompt and of reply; costs are counted.",
        },
    ),
    (
        "--judge-max-cost",
        {"type": float, "help": "Stop before more US dollars are spent; needs --judge-prices."},
    ),
    (
        "--judge-option",
        {
            "multiple": True,
            "metavar": "KEY=VALUE",
            "help": "Parameter of every request, e.g. temperature=0; null leaves one out. "
            "May be repeated.",
        },
    ),
)


def judge_options(command: Command) -> Command:
    """Add the options of the judge; the command gets them as one argument, ``judge``."""
    names = [option.strip("-").replace("-", "_") for option, _ in _OPTIONS]

    @functools.wraps(command)
    def with_judge(*args: Any, **given: Any) -> Any:
        return command(*args, judge=_open_judge(**{n: given.pop(n) for n in names}), **given)

    decorated: Command = with_judge
    for option, settings in reversed(_OPTIONS):
        decorated = click.option(option, **settings)(decorated)
    return decorated


def _open_judge(
    judge_model: str | None,
    judge_base_url: str | None,
    judge_cache: Path | None,
    judge_concurrency: int,
    judge_rate: float | None,
    judge_timeout: float,
    judge_prices: tuple[float, float] | None,
    judge_max_cost: float | None,
    judge_option: Sequence[str],
) -> Any:
    """Return the judge that the options ask for, None where they name none."""
    if judge_model is None:
        others = (judge_base_url, judge_cache, judge_rate, judge_prices, judge_max_cost)
        if judge_option or any(value is not None for value in others):
            raise UserError("the options of the judge need --judge-model")
        return None
    if judge_max_cost is not None and judge_prices is None:
        raise UserError("--judge-max-cost needs --judge-prices IN OUT")
    prices = judge_prices or (None, None)
    settings = JudgeSettings(
        judge_model,
        judge_base_url,
        extra={key: _value(text) for key, text in parse_options(judge_option).items()},
        concurrency=judge_concurrency,
        requests_per_minute=judge_rate,
        timeout=judge_timeout,
        spending_cap=judge_max_cost,
        input_price=prices[0],
        output_price=prices[1],
    )
    return registry.provided("clair_judge")(ShownJudge(settings, judge_cache, say=_say))


def _say(line: str) -> None:
    """Say a line on standard error, beside the progress if that is shown."""
    tqdm.write(one_line(f"note: {line}"), file=sys.stderr)


def _value(text: str) -> Any:
    """Read the value of a request's parameter: JSON where it is JSON, otherwise the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
