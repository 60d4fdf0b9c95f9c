"""What all processes of a test run share: its cache folder, and kernels, compiled once."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests import kernels, scheduling

CACHE = "SAMA_BENCH_CACHE"
_MADE: list[Path] = []


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a cache folder of its own, but keep the kernels that earlier runs compiled."""
    worker = hasattr(config, "workerinput")
    if worker or not config.getoption("numprocesses", None):  # tests run in this process
        _settle_hypothesis()
    if worker:
        return  # pytest-xdist: all processes of the run share what the first one sets
    os.environ["NUMBA_CACHE_DIR"] = str(kernels.folder())
    _MADE.append(Path(tempfile.mkdtemp(prefix="sama-bench-tests-")))
    os.environ[CACHE] = str(_MADE[0])


def _settle_hypothesis() -> None:
    from hypothesis import settings

    settings.register_profile("untimed", deadline=None)  # machines are noisy: no example is late
    settings.load_profile("untimed")


def pytest_unconfigure(config: pytest.Config) -> None:
    while _MADE:
        shutil.rmtree(_MADE.pop(), ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    if _MADE and not session.config.option.collectonly:
        kernels.start_compiling()  # while tests are collected


def pytest_collection_finish(session: pytest.Session) -> None:
    kernels.wait_for_compiling()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: object) -> None:
    kernels.wait_for_compiling()  # before tests are handed out


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    return scheduling.make(config, log) if config.option.dist == "load" else None


@pytest.fixture(scope="session")
def jars_with_few_paraphrases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The caption programs with an empty paraphrase table; reading the whole takes seconds."""
    from sama_bench.metrics._captions.java import caption_jar

    root = tmp_path_factory.mktemp("jars")
    package = root / "pycocoevalcap"
    (package / "meteor" / "data").mkdir(parents=True)
    (package / "meteor" / "meteor-1.5.jar").symlink_to(caption_jar("meteor", "meteor-1.5.jar"))
    table = Path(__file__).parent / "metrics" / "no-paraphrases.gz"
    (package / "meteor" / "data" / "paraphrase-en.gz").symlink_to(table)
    for folder in caption_jar("meteor", "meteor-1.5.jar").parents[1].iterdir():
        if folder.name != "meteor":
            (package / folder.name).symlink_to(folder)
    return root


@pytest.fixture
def few_paraphrases(jars_with_few_paraphrases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """METEOR without paraphrases, here and in processes, for tests of anything but its values."""
    monkeypatch.syspath_prepend(jars_with_few_paraphrases)
    paths = filter(None, [str(jars_with_few_paraphrases), os.environ.get("PYTHONPATH")])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
