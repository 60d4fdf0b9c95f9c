"""Fetching against a local hub: plan, checks, resumption, refusals, and what stays secret."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sama_bench import registry
from sama_bench.cli import main
from sama_bench.data import download as downloading
from sama_bench.data import fetch_plan
from sama_bench.data.download import checksum_of
from sama_bench.data.fetch import fetch
from sama_bench.data.fetch_plan import plan_fetch
from sama_bench.data.sources import hub_sources, human_sources, source_named
from sama_bench.errors import DataError, UserError
from tests.data.hub_server import REVISION, FakeHub, serve

pytest.importorskip("huggingface_hub")

SAMA, SAV = "Sunye2311/SAMA_Dataset", "Dense-World/Sa2VA-Eval"
BIG = bytes(range(256)) * 9000  # 2.3 MB: several chunks


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    state = FakeHub()
    state.files[SAMA] = {
        "README.md": b"# SAMA",
        "bench/mevis.json": b"[]",
        "bench/VidSTG_mask_dict_val_updated.json": BIG,
        "sama239k_train_final.json": b"x" * 5000,
    }
    state.files[SAV] = {"ref_sav_eval/meta_expressions_valid.json": b"{}", "videos.zip": b"PK"}
    state.lfs = {"bench/VidSTG_mask_dict_val_updated.json"}
    monkeypatch.setattr(downloading.time, "sleep", lambda seconds: None)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with serve(state) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield state


def content_requests(hub: FakeHub) -> list[tuple[str, str, str | None, str | None]]:
    return [entry for entry in hub.log if entry[1].startswith("storage")]


def statuses(report: Any) -> dict[str, str]:
    return {Path(file.path).name: file.status for file in report.files}


def test_the_plan_lists_what_the_benchmark_needs_and_downloads_nothing(
    hub: FakeHub, tmp_path: Path
) -> None:
    plan = plan_fetch("sama-bench", tmp_path)
    assert [file.path for file in plan.files] == [
        "bench/VidSTG_mask_dict_val_updated.json",
        "bench/mevis.json",
    ]
    assert plan.to_download == plan.total == len(BIG) + 2
    assert plan.left_out == (2, 5006)
    assert plan.revision == REVISION
    assert [f.checksum.split(":")[0] for f in plan.files] == ["sha256", "git"]
    assert not hub.log
    assert not list(tmp_path.iterdir())
    everything = plan_fetch("Sunye2311/SAMA_Dataset", tmp_path, everything=True)
    assert len(everything.files) == 4
    hub.files[SAV][".gitattributes"] = hub.files[SAV]["README.md"] = b"of the hub"
    assert len(plan_fetch("ref-sav", tmp_path).files) == 2


def test_files_arrive_whole_and_checked_and_only_once(hub: FakeHub, tmp_path: Path) -> None:
    gained: list[int] = []
    plan = plan_fetch("sama-bench", tmp_path)
    report = fetch(plan, progress=lambda count, path: gained.append(count))
    assert statuses(report) == {
        "VidSTG_mask_dict_val_updated.json": "fetched",
        "mevis.json": "fetched",
    }
    assert (tmp_path / "bench/VidSTG_mask_dict_val_updated.json").read_bytes() == BIG
    assert sum(gained) == plan.to_download
    before = len(hub.log)
    again = plan_fetch("sama-bench", tmp_path)
    assert {file.state for file in again.files} == {"kept"}
    assert again.to_download == 0
    assert set(statuses(fetch(again)).values()) == {"kept"}
    assert len(hub.log) == before


def test_a_broken_connection_is_resumed_at_its_byte(hub: FakeHub, tmp_path: Path) -> None:
    name = "bench/VidSTG_mask_dict_val_updated.json"
    hub.cut[name] = [1_500_000, 300_000]
    report = fetch(plan_fetch("sama-bench", tmp_path))
    assert report.complete
    ranges = [entry[2] for entry in content_requests(hub) if entry[1].endswith(name)]
    starts = [int(r.removeprefix("bytes=").rstrip("-")) for r in ranges if r]
    assert ranges[0] is None
    assert len(starts) >= 1
    assert starts == sorted(starts)
    assert starts[0] > 0
    assert (tmp_path / name).read_bytes() == BIG


def test_a_stopped_fetch_goes_on_in_the_next_call(hub: FakeHub, tmp_path: Path) -> None:
    name = "bench/VidSTG_mask_dict_val_updated.json"

    def stop(count: int, path: str) -> None:
        if count > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(plan_fetch("sama-bench", tmp_path), progress=stop)
    assert not (tmp_path / name).exists()
    (part,) = (tmp_path / "bench").glob(".*.part")
    have = part.stat().st_size
    assert have > 0
    gained: list[int] = []
    report = fetch(
        plan_fetch("sama-bench", tmp_path), progress=lambda count, path: gained.append(count)
    )
    assert report.complete
    assert gained[0] == have
    assert (f"bytes={have}-") in [entry[2] for entry in content_requests(hub)]
    assert not list((tmp_path / "bench").glob(".*.part"))


def test_a_server_without_ranges_starts_over(hub: FakeHub, tmp_path: Path) -> None:
    name = "bench/VidSTG_mask_dict_val_updated.json"
    hub.ranges = False
    hub.cut[name] = [1_500_000]
    gained: list[int] = []
    plan = plan_fetch("sama-bench", tmp_path)
    report = fetch(plan, progress=lambda count, path: gained.append(count))
    assert report.complete
    assert sum(gained) == plan.to_download
    assert (tmp_path / name).read_bytes() == BIG


@pytest.mark.parametrize("path", ["bench/mevis.json", "bench/VidSTG_mask_dict_val_updated.json"])
def test_wrong_content_never_gets_its_name(hub: FakeHub, tmp_path: Path, path: str) -> None:
    hub.lie = {path}
    if path.endswith("mevis.json"):
        hub.files[SAMA][path] = b"[1]"
        hub.lie = {path}
    report = fetch(plan_fetch("sama-bench", tmp_path))
    (failed,) = [file for file in report.files if file.status == "failed"]
    assert failed.path == path
    assert "checksum" in str(failed.detail)
    assert not (tmp_path / path).exists()
    assert not report.complete
    hub.lie = set()
    assert fetch(plan_fetch("sama-bench", tmp_path)).complete


def test_the_token_goes_to_the_hub_alone(
    hub: FakeHub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        fetch(plan_fetch("sama-bench", tmp_path))
    at_hub = [entry for entry in hub.log if entry[0] == "localhost"]
    assert {entry[3] for entry in at_hub} == {"Bearer hf_secret"}
    assert {entry[3] for entry in content_requests(hub)} == {None}
    assert "hf_secret" not in caplog.text
    assert not any(b"hf_secret" in p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())


def test_right_files_that_lie_there_are_adopted_and_others_left_alone(
    hub: FakeHub, tmp_path: Path
) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "VidSTG_mask_dict_val_updated.json").write_bytes(BIG)
    (tmp_path / "bench" / "mevis.json").write_bytes(b"{}")
    report = fetch(plan_fetch("sama-bench", tmp_path))
    assert statuses(report) == {
        "VidSTG_mask_dict_val_updated.json": "kept",
        "mevis.json": "foreign",
    }
    assert (tmp_path / "bench" / "mevis.json").read_bytes() == b"{}"
    assert fetch(plan_fetch("sama-bench", tmp_path), overwrite=True).complete
    assert (tmp_path / "bench" / "mevis.json").read_bytes() == b"[]"


def test_a_changed_data_set_replaces_what_was_fetched(hub: FakeHub, tmp_path: Path) -> None:
    fetch(plan_fetch("sama-bench", tmp_path))
    hub.files[SAMA]["bench/mevis.json"] = b'["new"]'
    plan = plan_fetch("sama-bench", tmp_path)
    assert {Path(f.path).name: f.state for f in plan.files}["mevis.json"] == "outdated"
    assert fetch(plan).complete
    assert (tmp_path / "bench/mevis.json").read_bytes() == b'["new"]'


def test_a_damaged_file_is_noticed(hub: FakeHub, tmp_path: Path) -> None:
    fetch(plan_fetch("sama-bench", tmp_path))
    path = tmp_path / "bench" / "VidSTG_mask_dict_val_updated.json"
    path.write_bytes(BIG[:-1] + b"?")
    assert statuses(fetch(plan_fetch("sama-bench", tmp_path)))[path.name] == "foreign"


@pytest.mark.parametrize(
    ("status", "message"),
    [(403, "accept the terms"), (404, "no such file"), (503, "try again later")],
)
def test_refusals_name_what_to_do(hub: FakeHub, tmp_path: Path, status: int, message: str) -> None:
    hub.refuse["bench/mevis.json"] = status
    report = fetch(plan_fetch("sama-bench", tmp_path))
    (failed,) = [file for file in report.files if file.status == "failed"]
    assert message in str(failed.detail)
    assert statuses(report)["VidSTG_mask_dict_val_updated.json"] == "fetched"


def test_unknown_gated_and_unreachable_data_sets(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="did you mean ref-sav"):
        plan_fetch("ref-savv", tmp_path)
    with pytest.raises(UserError, match="no revision 'nowhere'"):
        plan_fetch("ref-sav", tmp_path, revision="nowhere")
    with pytest.raises(UserError, match="does not exist or is private"):
        plan_fetch("mevis-qframe", tmp_path)
    with pytest.raises(UserError, match="cannot be downloaded by a program"):
        plan_fetch("mevis", tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", "http://localhost:9")
    with pytest.raises(UserError, match="cannot be reached"):
        plan_fetch("ref-sav", tmp_path)


@pytest.mark.parametrize("path", ["../up.json", "/etc/mevis.json", "a/../../mevis.json", "c:\\x"])
def test_names_that_lead_elsewhere_are_refused(hub: FakeHub, tmp_path: Path, path: str) -> None:
    hub.files[SAV][path] = b"evil"
    with pytest.raises(DataError, match="leads elsewhere"):
        plan_fetch("ref-sav", tmp_path)


def test_a_disk_that_is_too_small_is_refused_first(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_plan, "_free_bytes", lambda root: 10)
    with pytest.raises(UserError, match="GB free"):
        fetch(plan_fetch("sama-bench", tmp_path))
    assert not hub.log


def test_checksums_are_gits_and_sha256(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    assert checksum_of(path, "git") == "git:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert checksum_of(path, "sha256").endswith("7852b855")


def test_every_source_names_known_sources_and_places() -> None:
    for source in hub_sources().values():
        assert set(source.next) <= set(human_sources())
    for human in human_sources().values():
        assert human.page.startswith("https://")
        assert any("{data}" in step for step in human.steps)
    assert len(hub_sources()["sama-bench"].wanted) == 17


def test_every_benchmark_has_a_source() -> None:
    for name in registry.benchmarks():
        assert source_named(name).name in {*hub_sources(), *human_sources()}


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["data", "fetch", *arguments])
    return int(ended.value.code or 0)


def test_the_command(hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert SAMA in capsys.readouterr().out
    assert run("sama-bench-g", "--data", str(tmp_path), "--dry-run") == 0
    assert "to download of 2.3 MB in 2 files" in capsys.readouterr().out
    assert run("sama-bench", "--data", str(tmp_path)) == 2
    assert "say --yes" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    result = tmp_path / "fetch.json"
    assert run("sama-bench", "--data", str(tmp_path), "--yes", "--json", str(result)) == 0
    said = capsys.readouterr().out
    assert "2 fetched and checked" in said
    assert "sama-bench data prepare" not in said
    assert "data fetch vidstg" in said
    assert json.loads(result.read_text())["fetch"][0]["counts"] == {"fetched": 2}
    hub.refuse["videos.zip"] = 404
    assert run("ref-sav", "--data", str(tmp_path), "--yes") == 1
    assert "videos.zip: the server has no such file" in capsys.readouterr().out
    assert run("sama-bench") == 2
    assert "--data DIR" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(human_sources()))
def test_instructions_say_where_files_go(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(name, "--data", str(tmp_path)) == 0
    said = capsys.readouterr().out
    assert human_sources()[name].page in said
    assert str(tmp_path) in said


def test_archives_are_unpacked_when_told(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("videos/sav_1/00000.jpg", b"jpeg")
    hub.files[SAV]["ref_sav_eval/videos.zip"] = packed.getvalue()
    del hub.files[SAV]["videos.zip"]
    assert run("ref-sav", "--data", str(tmp_path), "--yes") == 0
    assert "to be unpacked (--unpack): ref_sav_eval/videos.zip" in capsys.readouterr().out
    assert run("ref-sav", "--data", str(tmp_path), "--yes", "--unpack") == 0
    assert "1 files unpacked" in capsys.readouterr().out
    assert (tmp_path / "ref_sav_eval/videos/sav_1/00000.jpg").read_bytes() == b"jpeg"
