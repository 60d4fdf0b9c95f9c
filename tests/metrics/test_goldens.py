import json
import math
from pathlib import Path

import numpy as np
import pytest

from sama_bench.authoring.selftest import discover, packaged_goldens
from sama_bench.metrics._goldens import masks
from sama_bench.metrics._masks import refvos_aggregate
from sama_bench.metrics._masks.counts import frame_counts
from sama_bench.metrics._masks.refvos_aggregate import REF_SAV_GROUPS, by_group
from sama_bench.metrics.accuracy import masklet_accuracy
from sama_bench.metrics.jf import masklet_f, masklet_j
from tests.shared import shared

GOLDENS = Path(__file__).parents[1] / "goldens"
MASK_KINDS = ("ciou", "gcg", "jf", "refsav_aggregate", "video_jf")


@pytest.mark.parametrize("kind", MASK_KINDS)
def test_every_value_of_the_reference(kind):
    data = json.loads((GOLDENS / f"{kind}.json").read_text())
    triples = list(discover()[kind](data))
    assert len(triples) > 20
    for label, expected, computed in triples:
        if isinstance(expected, float) and not math.isnan(expected):
            assert computed == pytest.approx(expected, abs=1e-12), label
        else:
            assert computed == expected, label


def test_boundaries_have_as_many_pixels_as_the_reference_found():
    for case in json.loads((GOLDENS / "jf.json").read_text())["cases"]:
        masks = [{"size": case["size"], "counts": counts} for counts in [*case["gt"], case["pred"]]]
        counts = frame_counts([[mask] for mask in masks[:-1]], [masks[-1]], tuple(case["size"]))
        debug = case["debug"]
        assert counts.target_edge[0] == debug["boundary_px_gt"], case["name"]
        assert counts.predicted_edge[0] == debug["boundary_px_pred"], case["name"]


def test_a_wrong_golden_value_is_noticed():
    data = json.loads((GOLDENS / "jf.json").read_text())
    data["cases"][0]["J"] += 1e-9
    wrong = [t for t in masks.golden_jf(data) if abs(t[1] - t[2]) > 1e-12]
    assert [label for label, _, _ in wrong] == ["blob_jitter_0 J"]


def test_real_ref_sav_gives_the_published_evaluators_figures():
    folder = shared("data", "ref_sav_real")
    meta = json.loads((folder / "meta_expressions_valid.json").read_text())["videos"]
    tracks = json.loads((folder / "mask_dict.json").read_text())
    results = json.loads((folder / "results_sam3.json").read_text())
    expected = json.loads((folder / "expected_reference.json").read_text())
    scored = []
    for row in expected["per_expression"]:
        video = meta[row["video_name"]]
        expression = video["expressions"][row["exp_id"]]
        counts = frame_counts(
            [tracks[str(anno_id)] for anno_id in expression["anno_id"]],
            results[row["video_name"]][row["exp_id"]]["prediction_masks"],
            (video["height"], video["width"]),
        )
        scores = {
            "j": masklet_j(counts),
            "f": masklet_f(counts),
            "accuracy": masklet_accuracy(counts),
        }
        assert list(scores.values()) == [row["J_raw"], row["F_raw"], row["A_raw"]]
        printed = refvos_aggregate.rounded(scores)
        assert [printed[k] for k in ("j", "f", "accuracy")] == [row["J"], row["F"], row["A"]]
        scored.append((expression["type_id"], scores))
    groups = by_group(scored, REF_SAV_GROUPS)
    for group in ("long", "short", "overall"):
        names = {"J": "j", "F": "f", "A": "accuracy", "JF": "j_and_f"}
        assert {key: groups[group][name] for key, name in names.items()} == expected[group]


def test_packaged_goldens_are_a_part_of_the_full_ones():
    packaged = packaged_goldens()
    for kind in MASK_KINDS:
        recompute = discover()[kind]
        full = set(recompute(json.loads((GOLDENS / f"{kind}.json").read_text())))
        part = set(recompute(json.loads((packaged / f"{kind}.json").read_text())))
        if kind != "gcg":  # labelled by position
            assert part < full
        assert 0 < len(part) < len(full)
    assert np.isfinite(len(full))
