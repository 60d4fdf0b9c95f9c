import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sama_bench import registry
from sama_bench.benchmark import Tools
from sama_bench.cli import build
from sama_bench.errors import SamaBenchError
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.leaderboard.entry import digest
from sama_bench.runfolder.folder import RunFolder, run_path
from sama_bench.runfolder.manifest import Manifest
from sama_bench.scoring.score import score_run
from tests.scored import random_scores, write

KIT = str(Path(__file__).parent / "vlmevalkit")


def call(*arguments):
    result = CliRunner().invoke(build(), ["leaderboard", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def entries(tmp_path):
    folder = tmp_path / "entries"
    run = write(tmp_path / "run", random_scores(1, -0.09, model="Sa2VA-8B", metrics=("j_and_f",)))
    call("add", run, "--to", folder)
    call("import", "vlmevalkit", KIT, "--to", folder)
    return folder


def test_add_names_the_entry_and_what_the_run_did_not_record(tmp_path):
    run = write(tmp_path / "run", random_scores(1))
    out = tmp_path / "result.json"
    result = call("add", run, "--to", tmp_path / "entries", "--json", out)
    assert "m--mevis--valid_u.json" in result.output
    assert "did not record the protocol card" in result.output
    assert json.loads(out.read_text())["entries"][0]["complete"] is True


def test_the_table_shows_entries_and_published_results_with_the_difference(entries):
    text = call("table", "--benchmark", "mevis", "--model", "sa2va-8b", "--entries", entries).output
    assert "Sa2VA-8B--mevis--valid_u" in text
    assert "sa2va-table-2" in text
    assert "published 57 in sa2va-table-2, here" in text
    alone = call("table", "--benchmark", "mevis", "--no-published", "--entries", entries).output
    assert "sa2va-table-2" not in alone


def test_one_table_shows_both_kits(entries):
    text = call("table", "--grand", "--model", "Sa2VA-8B", "--entries", entries, "--no-published")
    assert "MeViS J&F" in text.output
    assert "MMBench Acc." in text.output


def test_tables_by_attribute_and_in_other_formats(entries):
    by = call("table", "--by", "turn", "--entries", entries, "--format", "csv").output
    assert "valid_u|turn=2" in by
    latex = call("table", "--benchmark", "mmbench", "--entries", entries, "--format", "latex")
    assert r"\toprule" in latex.output
    only = call("table", "--benchmark", "mmbench", "--entries", entries, "--json", "-").output
    assert {row["benchmark"] for row in json.loads(only)["scores"]} == {"mmbench"}


def test_wrong_requests_are_told_what_to_do(entries, tmp_path):
    with pytest.raises(SamaBenchError, match="did you mean mevis"):
        call("table", "--benchmark", "meviss", "--entries", entries)
    with pytest.raises(SamaBenchError, match="no result here is split by occlusion"):
        call("table", "--by", "occlusion", "--entries", entries)
    with pytest.raises(SamaBenchError, match="is not a folder"):
        call("table", "--entries", tmp_path / "none")
    with pytest.raises(SamaBenchError, match="score it first"):
        call("add", tmp_path, "--to", tmp_path / "e")


def test_files_that_the_import_cannot_read_are_named(tmp_path):
    folder = tmp_path / "outputs" / "m"
    folder.mkdir(parents=True)
    (folder / "m_MMStar_acc.csv").write_text('"split","Overall"\n"none","0.5"\n')
    (folder / "m_BLINK_acc.csv").write_text('"split","Overall"\n"none","50"\n')
    result = call("import", "vlmevalkit", tmp_path / "outputs", "--to", tmp_path / "e")
    assert result.exit_code == 1
    assert "not read: m/m_BLINK_acc.csv: 50 is not between 0 and 1" in result.output


def test_the_page_is_built(entries, tmp_path):
    result = call("page", "--out", tmp_path / "site", "--entries", entries)
    assert result.output.strip().endswith("index.html")
    assert (tmp_path / "site" / "index.html").is_file()


def silent_run(runs, split="mini"):
    """A run of the embedded MeViS whose model always refused, scored; returns its folder."""
    dataset = registry.benchmark("mevis").open(None, split, {})
    folder = RunFolder(run_path(runs, "silent", "mevis", split))
    lines = [
        to_line(Prediction(e.id, "refused", text="Nothing is there.")) for e in dataset.entries
    ]
    folder.path.mkdir(parents=True)
    (folder.path / "predictions.jsonl").write_bytes(b"".join(lines))
    asked = Manifest.of(model="silent", benchmark="mevis", split=split)
    more = Manifest.of(data=dict(dataset.files), card={"frames": "none"})
    folder.write_manifest(asked | more)
    score_run(folder.path, tools=Tools(captions=False))
    return folder.path


def test_verify_recomputes_a_real_run_and_exposes_a_forged_entry(tmp_path):
    run = silent_run(tmp_path / "runs")
    call("add", run, "--to", tmp_path / "e")
    path = tmp_path / "e" / "silent--mevis--mini.json"
    arguments = ("verify", path, "--runs", tmp_path / "runs", "--no-captions")
    result = call(*arguments)
    assert result.exit_code == 0
    assert "0 differ" in result.output
    assert "The entry holds." in result.output
    forged = json.loads(path.read_text())
    for row in forged["scores"]:
        row["value"] = 0.9
    path.write_text(json.dumps({**forged, "digest": digest(forged)}))
    result = call(*arguments, "--json", tmp_path / "out.json")
    assert result.exit_code == 1
    assert "j of mini (strict): 0.9 in the entry, now 0.0" in result.output
    assert json.loads((tmp_path / "out.json").read_text())["differing"]
    with pytest.raises(SamaBenchError, match="name the run folder with --run"):
        call("verify", path, "--runs", tmp_path / "none")


def test_a_certificate_is_printed(entries):
    path = entries / "Sa2VA-8B--mevis--valid_u.json"
    result = call("verify", path, "--against", "published", "--tolerance", "0.1")
    assert result.exit_code == 0  # strict alone neither reproduces nor refutes
    assert "Neither reproduced nor refuted" in result.output
    assert "57 percent: Sa2VA paper, earlier arXiv version (HTML text), Table 2" in result.output
    assert "the source names no split" in result.output
    kit = call("verify", entries / "Sa2VA-8B--kit.json", "--against", "published")
    assert "Acc." in kit.output
    data = call("verify", path, "--against", "published", "--json", "-").output
    assert {line["published"] for line in json.loads(data)["lines"]} >= {0.57, 0.469}
    with pytest.raises(SamaBenchError, match="there is no entry"):
        call("verify", "nobody--mevis--valid")


def test_entries_of_the_working_directory_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = write(tmp_path / "run", random_scores(1))
    assert call("add", run).output.startswith("leaderboards/entries/m--mevis--valid_u.json")
    assert "m--mevis--valid_u" in call("table", "--no-published").output
    assert call("verify", "m--mevis--valid_u", "--against", "published").exit_code == 0
