"""Weights are fetched into the hub's cache as its clients lay it out: shown, resumed, checked."""

from __future__ import annotations

import pytest

from sama_bench.data import download
from sama_bench.data.weights import fetch_weights
from sama_bench.errors import AdapterError
from sama_bench.running.fetching import FetchView, download_line
from sama_bench.storage import hub
from tests.data.hub_server import REVISION, FakeHub, serve

BIG = bytes(range(256)) * 1000


@pytest.fixture
def fake_hub(monkeypatch, tmp_path):
    state = FakeHub()
    state.files["some/model"] = {"config.json": b"{}", "model.safetensors": BIG, "a/b.py": b"x"}
    state.lfs.add("model.safetensors")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    with serve(state) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield state


def fetch(told=None):
    repository = hub.ask_hub("some/model")
    told = [] if told is None else told
    fetch_weights([(repository, repository.files)], lambda *args: told.append(args))
    return told


def test_the_clients_find_what_was_fetched(fake_hub):
    told = fetch()
    assert told[0] == ("some/model", 0, len(BIG) + 3)
    assert told[-1] == ("some/model", len(BIG) + 3, len(BIG) + 3)
    snapshot = hub.cached_snapshot("some/model")
    assert snapshot.name == REVISION
    assert (snapshot / "model.safetensors").read_bytes() == BIG
    assert (snapshot / "a" / "b.py").read_bytes() == b"x"
    client = pytest.importorskip("huggingface_hub")
    cache = hub.cache_of("some/model").parent
    found = client.snapshot_download("some/model", cache_dir=cache, local_files_only=True)
    assert found == str(snapshot)
    before = len(fake_hub.log)
    fetch()
    assert len(fake_hub.log) == before


def test_an_interrupted_download_goes_on_at_its_byte(fake_hub):
    fake_hub.cut["model.safetensors"] = [100_000]
    with pytest.raises(AdapterError, match=r"model\.safetensors of some/model: .*goes on"):
        fetch()
    assert not (hub.cache_of("some/model") / "refs" / "main").exists()
    told = fetch()
    assert told[0][1] == 2  # config.json, or less, is here
    ranges = [range for _, path, range, _ in fake_hub.log if path.endswith("model.safetensors")]
    assert ranges[-1] == "bytes=100000-"
    assert (hub.cached_snapshot("some/model") / "model.safetensors").read_bytes() == BIG


def test_another_content_than_promised_is_not_kept(fake_hub):
    fake_hub.lie.add("model.safetensors")
    with pytest.raises(AdapterError, match="checksum"):
        fetch()


def test_a_revision_has_a_name_of_its_own(fake_hub):
    repository = hub.ask_hub("some/model", REVISION)
    fetch_weights([(repository, repository.files)], lambda *args: None)
    assert not (hub.cache_of("some/model") / "refs").exists()
    assert hub.cached_snapshot("some/model", REVISION) is not None


class Said:
    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)


def test_bytes_rate_and_time_left_are_shown_and_recorded():
    times = iter([0.0, 2.0, 10.0, 20.0])
    said, events = Said(), []
    view = FetchView(said, lambda kind, **facts: events.append(facts), 5.0, lambda: next(times))
    for done in (0, 1, 4 * 10**9, 8 * 10**9):
        view("some/model", done, 8 * 10**9)
    assert said.lines == [
        "fetching some/model: 0.0 MB of 8.00 GB",
        "fetching some/model: 4.00 GB of 8.00 GB, 400.0 MB a second, about 10 s left",
        "fetching some/model: 8.00 GB of 8.00 GB, 400.0 MB a second",
    ]
    assert download_line(events[1]) == said.lines[1]
