"""No Python that a command starts runs a file of the working folder, whatever its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sama_bench.adapter import Adapter, ModelSpec
from sama_bench.authoring.check_model import check_model
from sama_bench.data.prepare_frames import preparation_named, prepare_frames
from sama_bench.environments import install, uv
from sama_bench.environments.definition import Environment
from sama_bench.launch import gpu_readiness
from sama_bench.launch.devices import Device
from sama_bench.metrics.meteor import Meteor
from sama_bench.nouns import Answer
from tests.data.test_prepare_frames import write_video

ROOT = Path(__file__).resolve().parents[2]
OTHERS = ("PIL", "click", "cv2", "numba", "numpy", "pip", "torch", "yaml")


class Plain(Adapter):
    """Answers without a model."""

    def predict(self, sample):
        return Answer("yes")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder whose files bear the names of modules and note that they were run."""
    place = tmp_path / "downloads"
    place.mkdir()
    note = f"open({str(place / 'RUN')!r}, 'a').write(__name__ + '\\n')\n"
    own = {name for name in sys.stdlib_module_names if name not in sys.builtin_module_names}
    for name in (*own, *OTHERS):
        (place / f"{name}.py").write_text(f"{note}raise ImportError('of the working folder')\n")
    monkeypatch.chdir(place)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    return place


def was_run(folder):
    file = folder / "RUN"
    return file.read_text().split() if file.exists() else []


def test_the_module_as_a_command(folder):
    done = subprocess.run(
        [sys.executable, "-m", "sama_bench", "list", "models"], capture_output=True, text=True
    )
    assert was_run(folder) == []
    assert (done.returncode, done.stderr) == (0, "")


def test_a_check_of_a_model_in_another_python(folder):
    spec = ModelSpec("plain", f"{__name__}:Plain", "answers")
    told = list(check_model(spec, env_python=Path(sys.executable)))
    assert was_run(folder) == []
    assert len(told) > 10


def test_pips_settings_and_an_environment(folder, tmp_path):
    uv.uv_environment()
    assert uv.python_found("<3.0") is None
    nothing = Environment("nothing", ">=3.11", ())
    install.install(nothing, Path(sys.executable), tmp_path / "made", {}, print)
    assert was_run(folder) == []
    assert (tmp_path / "made" / "bin" / "python").exists()


def test_uv_finds_no_settings_in_the_working_folder(folder, tmp_path, monkeypatch):
    program = tmp_path / "uv"
    program.write_text(
        f"#!/bin/sh\npwd >> {tmp_path / 'places'}\necho $UV_FIND_LINKS >> {tmp_path / 'links'}\n"
    )
    program.chmod(0o755)
    (folder / "wheels").mkdir()
    monkeypatch.setenv("UV_FIND_LINKS", "wheels,https://x/y")
    monkeypatch.setattr(install, "find_uv", lambda: str(program))
    wants = Environment("one", ">=3.11", requirements=("a==1",))
    install.install(wants, Path(sys.executable), tmp_path / "cache" / "made", {}, print)
    assert set((tmp_path / "places").read_text().split()) == {str(tmp_path / "cache")}
    assert set((tmp_path / "links").read_text().split()) == {f"{folder / 'wheels'},https://x/y"}


def test_the_look_for_a_gpu(folder):
    gpu_readiness._cuda_works(Path(sys.executable), Device())
    assert was_run(folder) == []


def test_processes_that_extract_frames(folder, tmp_path):
    for name in ("videos", "annotations"):
        (tmp_path / name).mkdir()
    for name in ("a", "b"):
        write_video(tmp_path / "videos" / f"{name}.mp4", 5)
        (tmp_path / "annotations" / f"{name}.json").write_text(
            f'{{"video_id": "{name}", "frame_count": 5, "trajectories": []}}'
        )
    vidstg = preparation_named("vidstg")
    folders = (tmp_path / "videos", tmp_path / "annotations", tmp_path / "x")
    made = prepare_frames(vidstg, *folders, workers=2)
    assert was_run(folder) == []
    assert made.complete


def test_a_java_program(folder):
    for name in (".hotspotrc", ".hotspot_compiler"):
        (folder / name).write_text("quiet\n")
    with Meteor() as meteor:
        assert os.readlink(f"/proc/{meteor._process.pid}/cwd") != str(folder)
        assert len(meteor.align([("a dog", ["the dog"])])) == 1


def test_compiled_functions_are_kept_where_the_user_says(folder, monkeypatch):
    numba = pytest.importorskip("numba")
    from sama_bench.media.rle.compiling import compiled

    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    # What Numba does with a .numba_config.yaml of the working folder; what it finds there is run.
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(folder))
    kept = compiled(lambda number: number + 1)._cache.cache_path
    assert not kept.startswith(str(folder))
