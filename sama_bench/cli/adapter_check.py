"""``sama-bench adapter check``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from sama_bench.adapter import ModelSpec, Setup
from sama_bench.authoring.check_model import check_model
from sama_bench.authoring.contract_check import Fault
from sama_bench.authoring.recorded_inputs import compare_recorded
from sama_bench.cli._options import (
    json_option,
    option_option,
    parse_options,
    takes_stdout,
    write_text,
)
from sama_bench.cli._printing import say
from sama_bench.registry import model
from sama_bench.worker.adapter_import import new_adapter


@click.command("check")
@click.argument("name")
@click.option(
    "--recorded",
    type=click.Path(path_type=Path, file_okay=False),
    help="Compare the arguments that the adapter makes with the recorded ones in this folder; "
    "needs no weights.",
)
@click.option("--checkpoint", help="Local folder or hub id of the weights.")
@click.option("--device", default="cpu", show_default=True, help="Where to compute.")
@click.option("--dtype", default="auto", show_default=True, help="Precision to load in.")
@click.option("--offline", is_flag=True, help="Never ask a hub.")
@click.option("--trust-remote-code", is_flag=True, help="Let the checkpoint's own code run.")
@click.option(
    "--env-python",
    type=click.Path(path_type=Path),
    help="Interpreter to check in instead of the model's own environment.",
)
@click.option("--no-env", is_flag=True, help="Check in the current environment.")
@option_option
@json_option
def command(
    name: str,
    recorded: Path | None,
    checkpoint: str | None,
    device: str,
    dtype: str,
    offline: bool,
    trust_remote_code: bool,
    env_python: Path | None,
    no_env: bool,
    options: tuple[str, ...],
    json_file: Path | None,
) -> int:
    """Try the adapter NAME (a model's name, or file.py:Class) on generated clips.

    It runs where `sama-bench run` would ask the model: in the model's own environment, if it has
    one (mymodel.toml beside mymodel.py), else in this one. It says in words what is wrong.
    """
    spec = model(name)
    given = {**spec.options, **parse_options(options)}
    session = {name: given.pop(name) for name in spec.session_options if name in given}
    spec = replace(spec, options=given)
    if recorded is not None:
        adapter = new_adapter(spec.adapter)
        compared = compare_recorded(adapter, spec, recorded)
        rows = [asdict(case) for case in compared]
        for case in compared:
            word = "same     " if case.difference is None else "DIFFERENT"
            say(f"{word} {case.name}", err=takes_stdout(json_file))
            if case.difference:
                say(f"          {case.difference}", err=takes_stdout(json_file))
        return _end(rows, "difference", json_file, "recorded cases are reproduced")
    setup = Setup(
        spec.name,
        checkpoint or spec.checkpoint,
        device=device,
        options=spec.options,
        session=session,
        dtype=dtype,
        offline=offline,
        trust_remote_code=trust_remote_code,
    )
    found = check_model(spec, setup, env_python, no_env, lambda line: say(line, err=True))
    return _contract(spec, found, json_file)


def _contract(spec: ModelSpec, findings: Iterable[Fault], json_file: Path | None) -> int:
    rows = []
    for found in findings:
        rows.append(asdict(found))
        word = "ok   " if found.problem is None else "WRONG"
        say(f"{word} {found.name}: {found.problem or found.detail}", err=takes_stdout(json_file))
    return _end(rows, "problem", json_file, f"checks of {spec.name} are well")


def _end(rows: list[dict[str, Any]], key: str, json_file: Path | None, words: str) -> int:
    bad = sum(1 for row in rows if row[key] is not None)
    if json_file is not None:
        write_text(json_file, json.dumps({"checks": rows}, indent=2))
    say(f"{len(rows) - bad} of {len(rows)} {words}", err=takes_stdout(json_file))
    return 1 if bad else 0
