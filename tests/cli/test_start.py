"""Commands are known by name and imported when they are used; ``list`` imports nothing heavy."""

import json
import pkgutil
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from sama_bench import cli
from sama_bench.cli._groups import Suggesting, is_group, module_of
from sama_bench.cli._summaries import SUMMARIES, Whole

HEAVY = (
    "cv2", "matplotlib", "numba", "pandas", "pycocotools.coco", "pycocotools.cocoeval", "scipy",
    "torch", "transformers",
)  # fmt: skip
RUN = """
import contextlib, io, json, sys
from sama_bench.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main({arguments!r})
print(json.dumps(sorted(sys.modules)))
"""


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=False
    )


def imported_by(*arguments):
    done = python(RUN.format(arguments=list(arguments)))
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def commands_in(modules):
    own = {name.removeprefix("sama_bench.cli.") for name in modules if "sama_bench.cli." in name}
    return {name for name in own if not name.startswith("_")}


def files():
    return {info.name for info in pkgutil.iter_modules(cli.__path__) if info.name[0] != "_"}


def test_every_command_has_its_file_and_its_line():
    listed = {module_of(path).rpartition(".")[2] for path in SUMMARIES if not is_group(path)}
    missing = sorted(files() - listed)
    assert not missing, f"add a line for {missing} to SUMMARIES in sama_bench/cli/_summaries.py"
    assert listed == files(), "SUMMARIES names commands that have no file in sama_bench/cli"


@pytest.mark.parametrize("path", [path for path in SUMMARIES if not is_group(path)])
def test_the_line_is_what_the_command_declares(path):
    command = cli.build()
    for name in path.split():
        command = command.get_command(click.Context(command), name)
    assert command.name == path.split()[-1]
    assert command.get_short_help_str(1000) == SUMMARIES[path]
    assert isinstance(SUMMARIES[path], Whole) is (command.short_help is not None)


@pytest.mark.parametrize("group", ["", *filter(is_group, SUMMARIES)])
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_help_reads_as_that_of_a_group_with_all_its_commands(group, columns):
    lazy = cli.build()
    for name in group.split():
        lazy = lazy.get_command(click.Context(lazy), name)
    settings = {"params": lazy.params, "context_settings": lazy.context_settings}
    eager = Suggesting(lazy.name, dict(lazy.commands), help=lazy.help, **settings)
    said, expected = (
        CliRunner().invoke(one, ["--help"], terminal_width=columns, max_content_width=columns)
        for one in (lazy, eager)
    )
    assert said.output == expected.output
    assert said.output.count("\n") > len(lazy.commands)


def test_commands_can_be_added_to_and_taken_from_a_lazy_group():
    group = cli.build()
    group.add_command(click.Command("extra", help="Extra."))
    assert group.get_command(click.Context(group), "extra").name == "extra"
    del group.commands["merge"]
    assert "merge" not in group.list_commands(click.Context(group))
    assert len(group.commands) == len(list(group.commands))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["list", "--help"], ["rnu"]])
def test_help_imports_no_command(arguments):
    modules = imported_by(*arguments)
    assert not commands_in(modules)
    assert not modules & {"numpy", "sama_bench.registry", "sama_bench.nouns", *HEAVY}


@pytest.mark.parametrize("what", ["models", "splits", "benchmarks", "metrics"])
def test_a_list_imports_nothing_heavy(what):
    modules = imported_by("list", what)
    assert commands_in(modules) == {f"list_{what}"}
    assert not modules & set(HEAVY)


def test_errors_and_version_need_nothing_else():
    code = "import sys; before = set(sys.modules); import sama_bench.errors, sama_bench._version; "
    done = python(code + "print(sorted({'click', 'difflib', 'numpy'} & set(sys.modules) - before))")
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("stopped_at", ["click", "sama_bench.cli.list_models", "numpy"])
def test_ctrl_c_during_an_import_is_one_line(stopped_at):
    code = f"""
import sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == {stopped_at!r}:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Stop())
sys.argv = ["sama-bench", "list", "models"]
import runpy
runpy.run_module("sama_bench", run_name="__main__", alter_sys=False)
"""
    done = python(code)
    assert done.returncode == 130, done.stderr
    assert done.stderr.strip() == f"sama-bench: {cli.STOPPED}"
