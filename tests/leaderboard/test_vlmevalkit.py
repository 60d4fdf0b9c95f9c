import shutil
from pathlib import Path

import pytest

from sama_bench.errors import DataError
from sama_bench.leaderboard.vlmevalkit import read_results

KIT = Path(__file__).parent / "vlmevalkit"


@pytest.fixture
def work(tmp_path):
    return Path(shutil.copytree(KIT, tmp_path / "outputs"))


def values(model, benchmark, work=KIT):
    (found,) = [item for item in read_results(work) if item.model == model]
    return {
        (row["split"], row["metric"]): row["value"]
        for row in found.rows
        if row["benchmark"] == benchmark
    }


@pytest.mark.parametrize(
    ("model", "benchmark", "split", "metric", "value"),
    [
        ("Sa2VA-8B", "mmbench", "dev_en", "accuracy", 0.8161512027491409),
        ("Sa2VA-8B", "mmbench", "dev_en:RR", "accuracy", 0.8347826086956521),
        ("Sa2VA-8B", "mme", None, "cognition", 100 + 138.57142857142858 + 112.5 + 185),
        ("Sa2VA-8B", "mme", ":existence", "score", 195.0),
        ("Sa2VA-8B", "seed-bench", "image", "accuracy", 0.7508432399943781),
        ("Sa2VA-8B", "mmmu", "val", "accuracy", 0.4466666666666667),
        ("Sa2VA-8B", "mmmu", "dev:Business", "accuracy", 0.38),
        ("Sa2VA-8B", "scienceqa", "test", "accuracy", 0.9682697074863659),
        ("Sa2VA-8B", "video-mme", None, "accuracy", 0.52),
        ("Sa2VA-8B", "video-mme", ":long", "accuracy", 0.44),
        ("Sa2VA-8B", "mmbench-video", None, "score", 1.34),
        ("InternVL2-8B", "hallusionbench", None, "accuracy", 0.657),
        ("InternVL2-8B", "hallusionbench", ":VD", "question_accuracy", 0.4),
        ("InternVL2-8B", "pope", None, "f1", 0.869),
        ("InternVL2-8B", "ocrbench", None, "accuracy", 0.794),
        ("InternVL2-8B", "mathvista", "mini", "accuracy", 0.583),
        ("InternVL2-8B", "mmvet", ":rec", "accuracy", 0.542),
        ("InternVL2-8B", "chartqa", "test", "accuracy", 0.833),
    ],
)
def test_each_kind_of_file_in_natural_units(model, benchmark, split, metric, value):
    assert values(model, benchmark)[split, metric] == pytest.approx(value, abs=1e-12)


def test_the_total_of_mme_is_the_sum_of_its_parts():
    mme = values("Sa2VA-8B", "mme")
    assert mme[None, "total"] == mme[None, "perception"] + mme[None, "cognition"]
    parts = sum(v for (split, _), v in mme.items() if split)
    assert mme[None, "total"] == pytest.approx(parts)


def test_of_several_runs_the_latest_counts_and_the_models_own_folder_before_all(work):
    assert values("InternVL2-8B", "ai2d", work)["test", "accuracy"] == 0.838
    old = work / "InternVL2-8B" / "T20241102_G0a1b2c3d" / "InternVL2-8B_AI2D_TEST_acc.csv"
    shutil.copy(old, work / "InternVL2-8B")
    assert values("InternVL2-8B", "ai2d", work)["test", "accuracy"] == 0.5


def test_one_models_folder_can_be_given_alone():
    (found,) = read_results(KIT / "Sa2VA-8B")
    assert found.model == "Sa2VA-8B"
    assert len(found.files) == 9
    assert all(len(digest) == 64 for digest in found.files.values())


def test_the_judge_is_named_and_counts_that_the_kit_does_not_give_are_not_invented():
    (found,) = [item for item in read_results(KIT) if item.model == "Sa2VA-8B"]
    notes = {row["note"] for row in found.rows if row["benchmark"] == "mmbench-video"}
    assert notes == {"MMBench-Video with gpt-4-turbo"}
    assert {(row["samples"], row["coverage"]) for row in found.rows} == {(None, None)}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("MME_score.csv", '"perception"\n"1500"\n', "lacks the column 'reasoning'"),
        ("MMStar_acc.csv", '"split","Overall"\n"none","60.2"\n', "60.2 is not between 0 and 1"),
        ("MMStar_acc.csv", '"split","Overall"\n"none"\n', "more or fewer fields"),
        ("MMStar_acc.csv", "", "0 lines"),
        ("MMStar_acc.csv", '"split","Overall"\n"none","inf"\n', "not a finite number"),
        ("Video-MME_rating.json", '{"short": {"overall": "0.5"}}', "lacks 'overall'"),
        ("Video-MME_rating.json", "[1]", "not an object"),
        ("MMBench-Video_x_rating.json", '{"coarse_all": {"Overall": "9"}}', "between 0 and 3"),
        ("Unheard_Of_acc.csv", '"split","Overall"\n"none","0.5"\n', "not one that is read"),
    ],
)
def test_files_that_do_not_fit_are_named_and_the_others_still_read(work, name, content, reason):
    (work / "Sa2VA-8B" / f"Sa2VA-8B_{name}").write_text(content)
    (found,) = [item for item in read_results(work) if item.model == "Sa2VA-8B"]
    (skipped,) = found.skipped
    assert skipped.file == f"Sa2VA-8B/Sa2VA-8B_{name}"
    assert reason in skipped.reason
    assert found.rows


def test_links_that_lead_outside_are_not_followed(work, tmp_path):
    outside = tmp_path / "secret.csv"
    outside.write_text('"split","Overall"\n"none","0.5"\n')
    (work / "Sa2VA-8B" / "Sa2VA-8B_BLINK_acc.csv").symlink_to(outside)
    (found,) = [item for item in read_results(work) if item.model == "Sa2VA-8B"]
    assert [s.reason for s in found.skipped] == ["it links to a place outside the folder"]


def test_folders_without_results_are_refused(tmp_path):
    with pytest.raises(DataError, match="holds no result file"):
        read_results(tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        read_results(tmp_path / "none")
