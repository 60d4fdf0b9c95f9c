"""What ``sama_bench.run`` can be asked for: one dataclass, from which all that asks is made.

Its fields are the keyword arguments of ``run`` and ``dry_run``, the options of ``sama-bench run``,
and, those that answers depend on, entries of the manifest.
"""

# ruff: noqa: RUF009 - what fields are made with makes new objects of no value

from __future__ import annotations

import dataclasses
import functools
import inspect
import textwrap
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar, overload

from sama_bench.adapter import Adapter
from sama_bench.errors import UserError
from sama_bench.nouns import HISTORIES, History
from sama_bench.running.progress import print_line

EXECUTORS = ("auto", "local", "ray")
DTYPES = ("auto", "float32", "bfloat16", "float16")
_KEY = "about"


@dataclass(frozen=True)
class About:
    """What is to be said of a field, and what its values may be.

    Attributes:
        help: what it means, for the command line and for the documentation of ``run``.
        choices: all that it may be; empty where any value of its type will do.
        least: the smallest number that it may be.
        metavar: what stands for its value in the help of the command line.
        for_workers: it is said to the workers that load a model, and means nothing to a model that
            is loaded already.
        typed: whether it can be typed on a command line.
    """

    help: str
    choices: tuple[str, ...] = ()
    least: float | None = None
    metavar: str | None = None
    for_workers: bool = False
    typed: bool = True


def _about(default: Any, help: str, **more: Any) -> Any:
    return dataclasses.field(default=default, metadata={_KEY: About(help, **more)})


_worker = functools.partial(_about, for_workers=True)


@dataclass(frozen=True)
class RunOptions:
    """One run as a user asks for it; ``about`` says what each field means."""

    model: str | Adapter = dataclasses.field(
        metadata={_KEY: About("Registered name, or path/to/file.py:ClassName.")}
    )
    split: str | None = _about(None, "Split; default: the one that the benchmark's papers report.")
    _: KW_ONLY
    benchmark: str | None = _about(None, help="Benchmark; default: SAMA-Bench, both tasks.")
    task: str | None = _about(None, help="One task of SAMA-Bench only.", metavar="g|c")
    data: str | Path | None = _about(None, "Root of the benchmark's files.")
    runs: str | Path = _about("runs", "Folder of the run folders.")
    devices: str | None = _worker(None, "GPUs as 0,1,2,3, or cpu, or cpu:4 for four workers.")
    gpus_per_worker: int = _worker(1, "For large models.", least=1)
    workers_per_gpu: str = _worker(
        "1", "Workers that share each GPU; auto adds as many as its memory holds.", metavar="N|auto"
    )
    limit: int | None = _about(
        None, "Ask only the first N samples of each benchmark.", least=1, metavar="N"
    )
    subset: str | None = _about(None, "Name of the part of the split that the data hold.")
    fresh: bool = _about(False, "Put earlier answers aside and begin again.")
    history: History = _about(
        "independent",
        "Earlier rounds of a dialogue: none (as released), their reference answers, or the "
        "model's own.",
        choices=HISTORIES,
    )
    options: Mapping[str, str] | None = _about(None, "Settings of the model and the benchmark.")
    seed: int = _about(0, "For models that draw.")
    checkpoint: str | None = _worker(None, "Folder or hub id of other weights.")
    revision: str | None = _worker(None, "Revision of the hub repository.")
    dtype: str = _worker("auto", "Number format of the weights.", choices=DTYPES)
    attention: str | None = _worker(
        None, "Attention implementation, e.g. flash_attention_2 or eager."
    )
    device_map: str | None = _worker(None, "Placement over several GPUs, e.g. auto.")
    offline: bool = _worker(False, "Never ask a hub.")
    trust_remote_code: bool = _worker(False, "Let the checkpoint's own Python code run.")
    timeout: float = _worker(1800.0, "Seconds for one sample.", least=0.001)
    load_timeout: float = _worker(
        3600.0, "Seconds in which the model has to be loaded.", least=0.001
    )
    max_failures: int = _about(20, "Stop after N failures in a row.", least=1, metavar="N")
    env_python: str | Path | None = _worker(
        None, "Interpreter for the workers instead of the model's own environment."
    )
    executor: str = _worker(
        "auto",
        "Where workers run: on this machine (each rank its own under srun and torchrun), or in a "
        "Ray cluster; auto takes Ray where RAY_ADDRESS is set.",
        choices=EXECUTORS,
    )
    no_env: bool = _worker(False, "Run the workers in the current environment.")
    checks: bool = _about(
        True, "Start only if weights, code, packages, GPUs and disk space are found beforehand."
    )
    name: str | None = _about(
        None,
        "Under which the answers of a live adapter are filed; by default its class's.",
        typed=False,
    )
    say: Callable[[str], None] = _about(
        print_line, "Receives lines of progress while an environment is made.", typed=False
    )

    def check(self) -> None:
        """Refuse what is wrong in itself.

        Raises:
            UserError: a number that is too small, or a choice that there is not.
        """
        for name, item in about().items():
            value, said = getattr(self, name), option_of(name)
            if item.least is not None and value is not None and not value >= item.least:
                raise UserError(f"{said} {value}: at least {item.least:g}")
            if item.choices and value not in item.choices:
                raise UserError(f"{said} {value}: choose from {', '.join(item.choices)}")

    def for_workers(self) -> list[str]:
        """Return the names of the fields for workers that are not as they are by default."""
        return [
            field.name
            for field in dataclasses.fields(self)
            if about()[field.name].for_workers and getattr(self, field.name) != field.default
        ]


@functools.cache
def about() -> Mapping[str, About]:
    """Return what is to be said of the fields, in their order."""
    return {field.name: field.metadata[_KEY] for field in dataclasses.fields(RunOptions)}


@functools.cache
def types_of_fields() -> Mapping[str, type]:
    """Return the type of each field whose values can be typed: bool, int, float, Path or str."""
    hints = typing.get_type_hints(RunOptions)
    return {name: _plain(hints[name]) for name, item in about().items() if item.typed}


def _plain(hint: Any) -> type:
    parts = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return next((one for one in (bool, int, float, Path) if one in parts), str)


def option_of(parameter: str) -> str:
    """Return how a parameter is called on the command line."""
    return f"--{parameter.replace('_', '-')}"


P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class TakesOptions(Protocol[P, R_co]):
    """A function of a request that takes the request, or its fields as arguments."""

    @overload
    def __call__(self, request: RunOptions, /) -> R_co: ...
    @overload
    def __call__(self, *args: P.args, **fields: P.kwargs) -> R_co: ...


def takes(
    options: Callable[P, RunOptions],
) -> Callable[[Callable[[RunOptions], R_co]], TakesOptions[P, R_co]]:
    """Let a function of a request take the fields of the request as arguments of its own.

    Type checkers know them by ``options``, the class; people by the signature and the docstring,
    in which ``{fields}`` stands for what is to be said of them.
    """

    def decorate(function: Callable[[RunOptions], R_co]) -> TakesOptions[P, R_co]:
        @functools.wraps(function)
        def call(*args: Any, **fields: Any) -> R_co:
            if len(args) == 1 and not fields and isinstance(args[0], RunOptions):
                return function(args[0])
            return function(options(*args, **fields))

        own = inspect.signature(function)
        call.__signature__ = inspect.signature(options).replace(  # type: ignore[attr-defined]
            return_annotation=own.return_annotation
        )
        call.__doc__ = (function.__doc__ or "").replace("{fields}", _described())
        return typing.cast("TakesOptions[P, R_co]", call)

    return decorate


def _described() -> str:
    lines = []
    for name, item in about().items():
        text = f"{name}: {item.help}"
        if item.choices:
            text += f" One of {', '.join(item.choices)}."
        lines += textwrap.wrap(text, 92, initial_indent=" " * 8, subsequent_indent=" " * 12)
    return "\n".join(lines).strip()
