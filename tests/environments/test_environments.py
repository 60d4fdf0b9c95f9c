"""Environments of models: their files, finding a Python, sharing torch, locking, removal."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from sama_bench.adapter import ModelSpec
from sama_bench.environments import interpreter, manage
from sama_bench.environments.definition import (
    Environment,
    environment_named,
    environment_path,
    known_environments,
    read_environment,
)
from sama_bench.errors import UserError
from sama_bench.registry import models


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


BARE = 'python = ">=3.9"\nrequirements = []\n'


@pytest.mark.parametrize("name", sorted(known_environments()))
def test_every_environment_is_complete_and_pinned(name):
    environment = environment_named(name)
    assert environment.summary
    assert environment.accepts_python("3.11.7")
    for requirement in environment.requirements:
        assert "==" in requirement, requirement
    names = {requirement.split("==")[0] for requirement in environment.requirements}
    assert {"transformers", "numpy", "pillow", "pycocotools"} <= names
    assert not {"torch", "torchvision"} & names


def test_every_model_names_an_environment_that_exists():
    for spec in models().values():
        path = environment_path(spec)
        assert path is None or path.is_file()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("python = 3", "python must be a text, not 3"),
        ('requirements = ["a==1"]', "python is missing"),
        ('python = "what"', "python: Invalid specifier"),
        ('python = ">=3.9"\ntorch = 5', "torch must be a table"),
        ('python = ">=3.9"\ntorch = "ab"', "torch must be a table"),
        ('python = ">=3.9"\n[torch]\naccepts = [1]', "torch.accepts must be a text"),
        ('python = ">=3.9"\n[torch]\naccepts = "x"', "torch.accepts: Invalid specifier"),
        ('python = ">=3.9"\nsummary = {}', "summary must be a text"),
        ('python = ">=3.9"\nsize = 5', "size must be a text"),
        ('python = ">=3.9"\nsize = {own = true, shared = 1}', "size is words, or"),
        ("a = " + "[" * 5000, "environment file"),
        ('python = ">=3.9"\nrequirements = "a"', "requirements must be a list of strings"),
        ('python = ">=3.9"\nversion = "1"', "unknown key version"),
        ("[[", "environment file"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read_environment(write(tmp_path / "broken.toml", text))


def test_a_file_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_bytes(b'python = "\xff"')
    with pytest.raises(UserError, match=r"environment file .*broken\.toml"):
        read_environment(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UserError, match="it is a pipe"):
        read_environment(path)


@pytest.mark.parametrize(
    "note", ["5", "[]", '{"name": "a"}', '{"name": 1, "file": []}', "[" * 9999]
)
def test_a_folder_with_an_odd_note_is_nobodys(tmp_path, monkeypatch, note):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path))
    folder = manage.environments_dir() / "a-1"
    folder.mkdir(parents=True)
    (folder / manage.MARKER).write_text(note)
    assert manage.made_environments() == []


def test_unknown_names_get_a_suggestion():
    with pytest.raises(UserError, match="did you mean"):
        environment_named("sama-8bb")


def test_no_fitting_python_says_what_to_do():
    with pytest.raises(UserError, match="--env-python"):
        interpreter.find_python(Environment("old", "<3.0", ()))


def test_an_environment_is_made_once_and_removed(tmp_path):
    path = write(tmp_path / "bare.toml", BARE)
    environment = read_environment(path)
    said: list[str] = []
    spec = ModelSpec("m", "x:y", "", environment=str(path))
    python = manage.python_for(spec, say=said.append)
    assert said[0].startswith("making the environment bare once")
    assert python.is_file()
    made = manage.create(environment, said.append)
    assert made.python == python
    again = manage.create(environment, said.append)
    assert again == made
    assert len(said) == 1
    listing = "import sys; print([p for p in sys.path if 'site-packages' in p])"
    done = subprocess.run([made.python, "-I", "-c", listing], capture_output=True, text=True)
    assert str(tmp_path) in done.stdout
    assert [item.name for item in manage.made_environments()] == ["bare"]
    manage.remove("bare")
    assert manage.made_environments() == []
    with pytest.raises(UserError, match="no environment 'bare'"):
        manage.remove("bare")


def test_a_failed_installation_leaves_nothing_and_names_a_way_out(tmp_path):
    missing = write(
        tmp_path / "bad.toml", 'python = ">=3.9"\nrequirements = ["./no/such/folder"]\n'
    )
    with pytest.raises(UserError, match="--env-python"):
        manage.create(read_environment(missing))
    assert manage.made_environments() == []


def test_a_shared_package_is_found_but_nothing_else_leaks(tmp_path):
    pytest.importorskip("torch")
    text = BARE + f'[torch]\naccepts = "=={version("torch").split("+")[0]}"\n'
    environment = read_environment(write(tmp_path / "shares.toml", text))
    made = manage.create(environment)
    assert made.shares == ("torch",)
    look = "import importlib.util as u; print([bool(u.find_spec(n)) for n in ('torch', 'pandas')])"
    done = subprocess.run([made.python, "-I", "-c", look], capture_output=True, text=True)
    assert done.stdout.strip() == "[True, False]"


def test_another_torch_is_not_shared(tmp_path):
    pytest.importorskip("torch")
    environment = Environment("x", ">=3.9", (), torch="<1.0")
    assert interpreter.shareable(environment, Path(sys.executable)) == {}


def test_the_workers_path_holds_the_package_only():
    folder = manage.worker_path()
    assert [path.name for path in folder.iterdir()] == ["sama_bench"]
    assert manage.worker_path() == folder
    code = "import sama_bench.nouns, sys; print('adapters' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(folder)},
    )
    assert done.stdout.strip() == "False"


def test_python_for_follows_the_users_choice(tmp_path):
    spec = ModelSpec("m", "x:y", "", environment=str(write(tmp_path / "bare.toml", BARE)))
    assert manage.python_for(spec, no_env=True) is None
    assert manage.python_for(ModelSpec("m", "x:y", "")) is None
    given = Path(sys.executable)
    assert manage.python_for(spec, env_python=given) == given
    with pytest.raises(UserError, match="contradict"):
        manage.python_for(spec, env_python=given, no_env=True)
    with pytest.raises(UserError, match="not a Python interpreter"):
        manage.python_for(spec, env_python=tmp_path / "nothing")
    assert manage.made_environments() == []
