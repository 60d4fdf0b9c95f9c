"""uv takes pip's settings, finds what pyenv has, and fetches a Python where none fits."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest

from sama_bench.adapter import ModelSpec, Setup
from sama_bench.environments import interpreter, manage, uv
from sama_bench.environments.definition import Environment
from sama_bench.errors import UserError
from sama_bench.launch import readiness
from sama_bench.launch.devices import Device
from sama_bench.launch.readiness import Start


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))


def test_pips_settings_are_uvs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wheels").mkdir()
    said = (
        ":env:.find-links='wheels https://x.org/w'\n"
        "global.index-url='https://a.org/simple'\n"
        "user.index-url='https://b.org/simple'\n"
        "global.extra-index-url='\\nfile:///one\\nfile:///two'\n"
        "global.find-links='/nowhere'\n"
        "global.timeout='60'\n"
        "freeze.timeout='5'\n"
        "global.disable-pip-version-check='1'\n"
        "global.cert=''\n"
    )
    assert uv.of_pip(said) == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://b.org/simple",
        "UV_EXTRA_INDEX_URL": "file:///one file:///two",
        "UV_FIND_LINKS": f"{tmp_path / 'wheels'},https://x.org/w",
        "UV_HTTP_TIMEOUT": "60",
    }


def test_uvs_own_settings_win(monkeypatch):
    monkeypatch.setattr(uv, "_pip_configuration", lambda: "global.find-links='/of/pip'\n")
    assert uv.uv_environment()["UV_FIND_LINKS"] == "/of/pip"
    monkeypatch.setenv("UV_FIND_LINKS", "/of/uv")
    assert uv.uv_environment()["UV_FIND_LINKS"] == "/of/uv"


def wheel(folder, version):
    info = f"lone-{version}.dist-info"
    with zipfile.ZipFile(folder / f"lone-{version}-py3-none-any.whl", "w") as file:
        file.writestr("lone.py", f"version = '{version}'\n")
        file.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: lone\nVersion: {version}\n"
        )
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")


def test_a_wheel_that_pip_alone_knows_is_installed(tmp_path, monkeypatch):
    wheels, limits = tmp_path / "wheels", tmp_path / "limits.txt"
    wheels.mkdir()
    wheel(wheels, "1.0")
    wheel(wheels, "2.0")
    limits.write_text("lone<2\n")
    pip = f":env:.find-links='{wheels}'\nglobal.constraint='{limits}'\n"
    monkeypatch.setattr(uv, "_pip_configuration", lambda: pip)
    monkeypatch.setenv("UV_OFFLINE", "1")
    environment = Environment("lone", ">=3.9", (), torch=">=9999", install=("lone",))
    made = manage.create(environment)
    asked = [made.python, "-I", "-c", "import lone; print(lone.version)"]
    assert subprocess.run(asked, capture_output=True, text=True).stdout.strip() == "1.0"


def test_versions_of_pyenv_are_found_beside_a_shim_that_fails(tmp_path, monkeypatch):
    shims, version = tmp_path / "shims", tmp_path / "versions" / "3.99.0" / "bin"
    shims.mkdir()
    version.mkdir(parents=True)
    for name in ("python3.11", "python3.12"):
        (shims / name).write_text("#!/bin/sh\nexit 127\n")
        (shims / name).chmod(0o755)
    own = ".".join(map(str, sys.version_info[:2]))
    (version / f"python{own}").symlink_to(sys.executable)
    program = uv.find_uv()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(shims))
    monkeypatch.setattr(uv, "find_uv", lambda: program)
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "none"))
    found = uv.python_found(f"=={own}.*")
    assert found is not None
    assert interpreter.version_of(found) == interpreter.current_version()
    assert uv.python_found("<3.0") is None


def test_a_python_that_is_not_there_is_fetched(monkeypatch):
    environment = Environment("old", "<3.0", ())
    fetched = []

    def fetch(specifier, say):
        fetched.append(specifier)
        monkeypatch.setattr(manage, "find_python", lambda environment: sys.executable)

    monkeypatch.setattr(interpreter, "python_found", lambda specifier: None)
    monkeypatch.setattr(manage, "fetch_python", fetch)
    with pytest.raises(UserError, match=r"uv python install '<3\.0'"):
        manage.place_of(environment)
    assert manage.create(environment).name == "old"
    assert fetched == ["<3.0"]


def test_a_run_says_beforehand_that_a_python_is_fetched(tmp_path, monkeypatch):
    file = tmp_path / "old.toml"
    file.write_text('python = "<3.0"\nrequirements = []\n')
    monkeypatch.setattr(interpreter, "python_found", lambda specifier: None)
    spec = ModelSpec("m", "x:y", "", environment=str(file))
    for offline, state in ((False, "note"), (True, "missing")):
        start = Start(spec, Setup("m", offline=offline), [Device()])
        checks = readiness.home_of(start)[1]
        assert [check.state for check in checks] == [state]
