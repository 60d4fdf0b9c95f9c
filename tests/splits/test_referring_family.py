import hashlib
import json

import numpy as np
import pytest

from sama_bench.benchmark import PROTOCOLS, Outcome, Tools
from sama_bench.errors import DataError, UserError
from sama_bench.metrics.robustness import areas
from sama_bench.nouns import Masklet
from sama_bench.splits.mevis import Mevis
from sama_bench.splits.ref_youtube_vos import RefYoutubeVos
from sama_bench.splits.revos import PUBLISHED_SHA256, Revos, foreground
from tests.splits.referring_data import SIZE, answered, guess, perfect, values, write_referring


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))


def test_mevis_valid_u(tmp_path):
    write_referring(tmp_path, "valid_u/meta_expressions.json", "valid_u/JPEGImages", sizes=False)
    dataset = Mevis().open(tmp_path, "valid_u", {})
    sample = dataset.sample("vid_b/10")
    assert (sample.video.height, sample.video.width) == SIZE
    assert sample.video.frame(0).shape == (*SIZE, 3)
    scores = dataset.score(perfect(dataset), PROTOCOLS, Tools())
    for protocol in PROTOCOLS:
        assert values(scores, protocol, "valid_u")["j_and_f"] == 1.0
    guesses = {entry.id: guess(n) for n, entry in enumerate(dataset.entries)}
    scores = dataset.score(lambda id: answered(guesses[id]), PROTOCOLS, Tools())
    mean = np.mean([s.values["j"] for s in scores.samples if s.protocol == "released"])
    assert values(scores, "released", "valid_u")["j"] == pytest.approx(mean, abs=1e-12)
    assert "50" in next(iter(dataset.findings())).detail


def test_an_object_that_is_named_twice_is_found(tmp_path):
    write_referring(tmp_path, "valid_u/meta_expressions.json", "valid_u/JPEGImages", sizes=False)
    path = tmp_path / "valid_u/meta_expressions.json"
    content = json.loads(path.read_text())
    content["videos"]["vid_a"]["expressions"]["10"]["anno_id"] *= 2
    path.write_text(json.dumps(content))
    found = [f.kind for f in Mevis().open(tmp_path, "valid_u", {}).findings()]
    assert "repeated_object" in found


def test_an_expression_that_stands_twice_is_refused(tmp_path):
    write_referring(tmp_path, "valid_u/meta_expressions.json", "valid_u/JPEGImages", sizes=False)
    path = tmp_path / "valid_u/meta_expressions.json"
    path.write_text(path.read_text().replace('"2": {', '"10": {', 1))
    with pytest.raises(DataError, match="holds the key '10' twice"):
        Mevis().open(tmp_path, "valid_u", {})


@pytest.mark.parametrize("split", ["valid", "test"])
def test_mevis_server_splits_are_counted_but_not_scored(tmp_path, split):
    name = "meta_expressions_release.json" if split == "test" else "meta_expressions.json"
    write_referring(tmp_path, f"{split}/{name}", f"{split}/JPEGImages", sizes=False)
    (tmp_path / split / "mask_dict.json").unlink()
    dataset = Mevis().open(tmp_path, split, {})
    assert (dataset.sample("vid_a/0").video.height) == SIZE[0]
    scores = dataset.score(
        lambda id: Outcome("missing") if id == "vid_a/0" else answered(),
        PROTOCOLS,
        Tools(),
    )
    assert {row.value for row in scores.rows} == {None}
    assert "sama-bench submit mevis" in scores.rows[0].note
    assert scores.coverage["strict"].missing == 1
    with pytest.raises(DataError, match="keeps its masks on a server"):
        dataset.reference("vid_a/0", "strict")


def revos_data(folder, foreground_file):
    write_referring(folder, "meta_expressions_valid_.json", ".")
    masks = json.loads((folder / "mask_dict.json").read_text())
    videos = json.loads((folder / "meta_expressions_valid_.json").read_text())["videos"]
    if foreground_file:
        made = {}
        for video, meta in videos.items():
            ids = {str(i) for item in meta["expressions"].values() for i in item["anno_id"]}
            tracks = [Masklet.from_rles(masks[id], *SIZE) for id in sorted(ids)]
            union = [
                np.any([track.decode(frame) for track in tracks], axis=0) for frame in range(4)
            ]
            full = Masklet.from_arrays(union)
            made[video] = {"masks_rle": full.rles(), "foreground_ratio": [0.0] * 4}
        (folder / "mask_dict_foreground.json").write_text(json.dumps(made))
    return folder


def test_revos_groups_and_robustness(tmp_path):
    with_file = Revos().open(revos_data(tmp_path / "a", True), "valid", {})
    without = Revos().open(revos_data(tmp_path / "b", False), "valid", {})
    for video in ("vid_a", "vid_b"):
        assert foreground(with_file)(video) == foreground(without)(video)
    scores = with_file.score(perfect(with_file), PROTOCOLS, Tools())
    splits = {row.split for row in scores.rows}
    assert splits == {"valid", "valid:referring", "valid:reasoning", "valid:overall"}
    assert values(scores, "strict", "valid:overall")["robustness"] == 1.0
    full = Masklet.from_arrays(np.ones((4, *SIZE)))
    scores = with_file.score(lambda id: answered(full), PROTOCOLS, Tools())
    sample = next(s for s in scores.samples if (s.id, s.protocol) == ("vid_a/10", "strict"))
    target = with_file.reference("vid_a/10", "strict").masklets[0]
    outside = SIZE[0] * SIZE[1] - areas(target.rles())
    expected = np.maximum(1 - outside / (np.array(foreground(with_file)("vid_a")) + 1e-6), 0)
    assert sample.values["robustness"] == pytest.approx(expected.mean(), abs=1e-12)
    checksums = [f for f in with_file.findings() if f.kind == "checksum"]
    assert {finding.where for finding in checksums} == set(PUBLISHED_SHA256)


def test_revos_type_two_is_in_no_figure(tmp_path):
    folder = revos_data(tmp_path / "a", True)
    path = folder / "meta_expressions_valid_.json"
    meta = json.loads(path.read_text())
    meta["videos"]["vid_a"]["expressions"]["0"]["type_id"] = 2
    path.write_text(json.dumps(meta))
    dataset = Revos().open(folder, "valid", {})

    def answers(id):
        return Outcome("missing") if id == "vid_a/0" else perfect(dataset)(id)

    scores = dataset.score(answers, ("released",), Tools())
    assert values(scores, "released", "valid")["j"] == 1.0
    assert {row.samples for row in scores.rows if row.split == "valid"} == {5}


def test_revos_video_keys_may_be_paths(tmp_path):
    folder = revos_data(tmp_path / "a", False)
    path = folder / "meta_expressions_valid_.json"
    meta = json.loads(path.read_text())
    meta["videos"]["UVO/vid_a"] = meta["videos"].pop("vid_a")
    path.write_text(json.dumps(meta))
    sample = Revos().open(folder, "valid", {}).sample("UVO/vid_a/0")
    assert sample.video.frames[0].endswith("/UVO/vid_a/00000.jpg")


def test_ref_youtube_vos_and_its_202(tmp_path):
    write_referring(tmp_path, "meta_expressions/valid/meta_expressions.json", "valid/JPEGImages")
    (tmp_path / "meta_expressions/valid/mask_dict.json").unlink()
    benchmark = RefYoutubeVos()
    dataset = benchmark.open(tmp_path, "valid", {})
    assert len(dataset.entries) == 6
    assert next(iter(dataset.findings())).detail == "2 videos, published 202"
    assert dataset.shortfall == ("2 of 202 videos",)
    scores = dataset.score(lambda id: answered(), PROTOCOLS, Tools())
    assert scores.coverage["strict"].refused == 6
    with pytest.raises(DataError, match="does not exist"):
        benchmark.open(tmp_path, "valid", {"videos": "202"})
    test = tmp_path / "meta_expressions/test/meta_expressions.json"
    test.parent.mkdir()
    listed = {"vid_a": {"frames": [], "expressions": {}}}
    test.write_text(json.dumps({"videos": listed}))
    left = benchmark.open(tmp_path, "valid", {"videos": "202"})
    assert {entry.video for entry in left.entries} == {"vid_b"}
    names = tmp_path / "names.txt"
    names.write_text("vid_a\n")
    left = benchmark.open(tmp_path, "valid", {"videos": str(names)})
    assert {entry.video for entry in left.entries} == {"vid_a"}
    names.write_text("vid_c\n")
    with pytest.raises(UserError, match="unknown videos, first vid_c"):
        benchmark.open(tmp_path, "valid", {"videos": str(names)})


def test_checksums_of_files(tmp_path):
    folder = revos_data(tmp_path / "a", True)
    dataset = Revos().open(folder, "valid", {})
    for name, checksum in dataset.files.items():
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert checksum == f"sha256:{digest}"
