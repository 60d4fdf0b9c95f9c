"""Making an environment: shown as it comes, ended with its maker, never half taken for whole."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sama_bench.environments import install, interpreter, manage
from sama_bench.environments.commands import Meter, run_installer, told
from sama_bench.environments.definition import (
    Environment,
    environment_named,
    known_environments,
    read_environment,
)
from sama_bench.environments.install import NotSharedError
from sama_bench.errors import UserError
from tests.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))


def test_a_download_is_told_as_it_comes():
    assert told("Downloading torch (731.2MiB)\n") == "fetching torch (731.2MiB)"
    assert told("Downloading cpython-3.12.7-linux (21.0MiB)\n").startswith(
        "fetching cpython-3.12.7"
    )
    assert told(" Downloaded torch\n") is told("Prepared 3 packages in 2s\n") is None


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs /proc")
def test_what_a_silent_installer_writes_is_measured(tmp_path):
    said = []
    code = (
        f"open({str(tmp_path / 'x')!r}, 'wb').write(b'0' * 4_000_000); print(flush=True); input()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        process.stdout.readline()  # all is written
        with Meter(process.pid, 40_000_000, said.append, pause=0.1):
            wait_until(lambda: said)
        process.communicate(b"\n")
    assert "4 MB written" in said[0]
    assert "left of 40 MB" in said[0]


def test_a_failing_installer_is_one_line():
    said = []
    code = "print('first'); print('second'); print('why'); raise SystemExit(3)"
    with pytest.raises(UserError, match=r"second why; .*--env-python"):
        run_installer([sys.executable, "-c", code], dict(os.environ), said.append)
    assert said == ["first"]


STOPPED = """
import sys
import threading
from pathlib import Path
from sama_bench.environments import install, manage
from sama_bench.environments.commands import run_installer
from sama_bench.environments.definition import Environment

def endless(environment, python, folder, *more):
    code = "import os, time; open({pid!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    run_installer([sys.executable, "-c", code], {{}}, print)

manage.install = endless
manage.create(Environment("endless", ">=3.9", ()))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_installer_ends_with_its_maker(tmp_path, number):
    pid = tmp_path / "pid"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    maker = subprocess.Popen(
        [sys.executable, "-c", STOPPED.format(pid=str(pid))], env=environ, stderr=subprocess.PIPE
    )
    wait_until(lambda: pid.exists() and pid.read_text())
    maker.send_signal(number)
    maker.communicate(timeout=30)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert [path for path in manage.environments_dir().iterdir() if path.is_dir()] == []


def test_a_half_environment_is_none(tmp_path):
    environment = Environment("half", ">=3.9", ())
    folder = manage.place_of(environment).folder
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / manage.HALF).write_text(json.dumps({"name": "half"}))  # its maker was killed
    assert manage.made_for(environment) is None
    assert manage.made_environments() == []
    assert manage.half_made() == [("half", folder)]
    assert manage.remove("half") == [folder]
    assert not folder.exists()
    with pytest.raises(UserError, match="there are: none"):
        manage.remove("half")


def test_the_size_is_what_du_says(tmp_path):
    folder = tmp_path / "env"
    folder.mkdir()
    (folder / "large").write_bytes(b"0" * 300_000)
    os.link(folder / "large", folder / "twice")
    (folder / "link").symlink_to("large")
    made = manage.Made("e", "c", folder, folder, ())
    try:
        done = subprocess.run(["du", "-s", "-B1", folder], capture_output=True, text=True)
    except OSError:
        pytest.skip("there is no du")
    assert made.size() == int(done.stdout.split()[0])


def test_the_torchvision_of_a_shared_torch(monkeypatch):
    installed = {"torch": "2.13.0+cpu"}
    monkeypatch.setattr(interpreter, "_version_of", installed.get)
    both = Environment("x", ">=3.9", (), torch=">=2.3", share=("torch", "torchvision"))
    assert interpreter.to_add(both) == ("torchvision==0.28.0",)
    installed["torch"] = "2.3.1"
    assert interpreter.to_add(both) == ("torchvision==0.18.1",)
    installed["torchvision"] = "0.18.1"
    assert interpreter.to_add(both) == ()


def test_where_sharing_fails_the_reason_is_said(monkeypatch):
    environment = Environment("x", ">=3.9", (), torch=">=2", share=("torch", "torchvision"))
    asked = []

    def fake(environment, python, folder, shared, say, added=()):
        asked.append((bool(shared), added))
        if shared:
            raise NotSharedError("operator torchvision::nms does not exist")
        (folder / "bin").mkdir()
        (folder / "bin" / "python").symlink_to(sys.executable)

    monkeypatch.setattr(manage, "install", fake)
    monkeypatch.setattr(manage, "shareable", lambda *given: {"torch": Path("/torch")})
    monkeypatch.setattr(manage, "to_add", lambda environment: ("torchvision==0.28.0",))
    said = []
    made = manage.create(environment, said.append)
    assert asked == [(True, ("torchvision==0.28.0",)), (False, ())]
    assert made.shares == ()
    assert any("gets its own: operator torchvision::nms does not exist" in line for line in said)
    assert manage.made_for(environment) == made  # found again without trying
    assert manage.create(environment) == made


def test_the_probe_is_what_fails_with_another_torch():
    done = subprocess.run([sys.executable, "-c", install.PROBE], capture_output=True, text=True)
    try:
        import torchvision  # noqa: F401
    except Exception:
        assert done.returncode != 0
    else:
        assert done.returncode == 0


@pytest.mark.parametrize("name", sorted(known_environments()))
def test_bounds_are_those_of_the_wheels(name):
    environment = environment_named(name)
    assert environment.accepts_python("3.10.4")
    assert environment.accepts_python("3.12.9")
    assert not environment.accepts_python("3.13.0")  # numpy 1.26 has no wheel for it
    assert "transformers==4.57.0" not in environment.requirements  # yanked
    assert environment.megabytes is not None


def test_the_command_for_flash_attention_needs_no_torch_in_the_build():
    text = (ROOT / "docs" / "environments.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("uv pip install")]
    before, flash = (shlex.split(line) for line in lines[:2])
    assert "sama-bench env path sama   # prints the PYTHON of the next two" in text
    python = ["--python", "PYTHON"]
    assert flash == [
        "uv",
        "pip",
        "install",
        *python,
        "--no-build-isolation",
        "--no-deps",
        "flash-attn",
    ]
    assert before[:5] == ["uv", "pip", "install", *python]
    assert {"setuptools", "wheel", "ninja", "packaging", "psutil"} <= set(before[5:])


def test_an_environment_knows_its_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('python = ">=3.9"\nrequirements = []\n')
    assert read_environment(file).file == file.resolve()


def test_no_lock_is_left(tmp_path):
    manage.create(Environment("bare", ">=3.11", ()))
    folder = manage.environments_dir()
    assert [path for path in folder.iterdir() if path.suffix == ".lock"] == []
    manage.remove("bare")
    assert list(folder.iterdir()) == []


def test_what_another_process_makes_is_not_removed(tmp_path):
    made = manage.create(Environment("bare", ">=3.11", ()))
    with (
        manage._lock(made.folder.with_suffix(".lock"), print),
        pytest.raises(UserError, match="another process works on"),
    ):
        manage.remove("bare")
    assert made.python.exists()


def test_a_lock_that_its_holder_removed_keeps_out_no_less(tmp_path):
    path, said, order = tmp_path / "x.lock", [], []

    def wait():
        with manage._lock(path, said.append):
            order.append("second")
            assert path.exists()

    second = threading.Thread(target=wait)
    with manage._lock(path, said.append):
        second.start()
        wait_until(lambda: said)
        order.append("first")
    second.join()
    assert order == ["first", "second"]
    assert not path.exists()
