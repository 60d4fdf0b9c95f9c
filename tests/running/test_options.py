"""One dataclass says what a run can be asked for: arguments, options and manifest come from it."""

import dataclasses
import inspect
import json

import click
import pytest
from mypy import api as mypy

import sama_bench
from sama_bench.adapter import Setup
from sama_bench.cli import main
from sama_bench.cli.run import command
from sama_bench.errors import UserError, in_python
from sama_bench.running.options import RunOptions, about

NAMES = [field.name for field in dataclasses.fields(RunOptions)]


def test_arguments_and_options_are_the_fields():
    assert list(inspect.signature(sama_bench.run).parameters) == NAMES
    assert list(inspect.signature(sama_bench.dry_run).parameters) == NAMES
    options = {param.name: param for param in command.params if isinstance(param, click.Option)}
    typed = [name for name, item in about().items() if item.typed]
    assert [name for name in options if name in NAMES] == typed
    for field in dataclasses.fields(RunOptions):
        assert f"        {field.name}: " in sama_bench.run.__doc__
        if field.name in options and field.default not in (dataclasses.MISSING, None, False):
            assert str(options[field.name].default) == str(field.default), field.name


def test_a_request_or_its_fields(tmp_path):
    wanted = RunOptions("static", "mini", task="c", limit=1, devices="cpu", runs=tmp_path / "a")
    one = sama_bench.run(wanted)
    other = sama_bench.run("static", "mini", **{**vars_of(wanted), "runs": tmp_path / "b"})
    assert one.coverage == other.coverage
    manifests = [json.loads((r.folders[0] / "manifest.json").read_text()) for r in (one, other)]
    for field in dataclasses.fields(Setup):
        if field.name not in (
            "model",
            "checkpoint",
            "revision",
            "device",
            "options",
            "session",
            "workers",
        ):
            assert manifests[0][field.name] == getattr(wanted, field.name)
            assert manifests[0][field.name] == manifests[1][field.name]


def vars_of(wanted):
    return {
        field.name: getattr(wanted, field.name)
        for field in dataclasses.fields(wanted)
        if field.name not in ("model", "split") and getattr(wanted, field.name) != field.default
    }


def test_type_checkers_know_the_arguments(tmp_path):
    file = tmp_path / "caller.py"
    file.write_text(
        "import sama_bench\n"
        'sama_bench.run("flow", "mini", limit=3, history="free-running").complete\n'
        'sama_bench.run(sama_bench.RunOptions("flow"))\n'
        'sama_bench.run("flow", limits=3)\n'
        'sama_bench.dry_run("flow", limit="three")\n'
    )
    said, _, _ = mypy.run([str(file), "--no-error-summary", "--cache-dir", str(tmp_path / "c")])
    lines = {line.split(":")[1] for line in said.splitlines() if ": error:" in line}
    assert lines == {"4", "5"}, said


@pytest.mark.parametrize(
    ("given", "option", "parameter"),
    [
        ({"limit": 0}, "--limit 0: at least 1", "limit 0: at least 1"),
        ({"load_timeout": -1}, "--load-timeout -1: at", "load_timeout -1: at"),
        ({"timeout": float("nan")}, "--timeout nan: at least", "timeout nan: at least"),
        ({"gpus_per_worker": 0}, "--gpus-per-worker 0: at", "gpus_per_worker 0: at"),
        ({"history": "all"}, "--history all: choose from", "history all: choose from"),
        ({"task": "x"}, "--task x is not one of", "task x is not one of"),
        ({"split": "VidSTG_3"}, "give --data DIR or set", "give data=DIR or set"),
    ],
)
def test_errors_name_parameters_and_the_command_its_options(given, option, parameter, capsys):
    with pytest.raises(UserError) as raised:
        sama_bench.run("static", devices="cpu", **{"split": "mini", **given})
    assert parameter in str(raised.value)
    assert "--" not in str(raised.value)
    words = [w for k, v in given.items() for w in (f"--{k.replace('_', '-')}", str(v))]
    with pytest.raises(SystemExit) as end:
        main(["run", "--model", "static", "--devices", "cpu", "--split", "mini", *words])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert option in said or f"--{next(iter(given)).replace('_', '-')}" in said


def test_one_translator():
    switches = {"data": False, "fresh": True, "captions": True, "options": False, "no_env": True}
    for said, meant in (
        ("begin again with --fresh", "begin again with fresh=True"),
        ("say --option missing=drop", "say options={'missing': 'drop'}"),
        ("say --no-captions, or --no-env", "say captions=False, or no_env=True"),
        ("give --data DIR; see 'sama-bench data fetch --data DIR'",
         "give data=DIR; see 'sama-bench data fetch --data DIR'"),
        ("--json FILE and a--data stay", "--json FILE and a--data stay"),
    ):  # fmt: skip
        assert in_python(said, switches) == meant
