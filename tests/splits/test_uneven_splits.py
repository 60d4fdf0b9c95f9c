"""Split files whose lists of masks are shorter or longer than their videos, drawn at random."""

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sama_bench.benchmark import PROTOCOLS, Tools
from sama_bench.scoring.remarks import remarks
from sama_bench.splits.ref_sav import RefSav
from tests.splits.referring_data import answered, guess, values, write_referring

FRAMES = 4
USED = {"0": ("10", "2"), "1": ("2",), "2": ("0",), "3": ("10", "2"), "4": ("2",), "5": ("0",)}
"""Annotation to the expressions that ask for it; 0 to 2 are vid_a's."""


def score(folder):
    dataset = RefSav().open(folder, "valid", {})
    seeds = {entry.id: number for number, entry in enumerate(dataset.entries)}
    return dataset.score(lambda id: answered(guess(seeds[id])), PROTOCOLS, Tools())


def with_lists(folder, lists):
    write_referring(folder)
    path = folder / "mask_dict.json"
    masks = json.loads(path.read_text())
    path.write_text(json.dumps({id: lists(id, found) for id, found in masks.items()}))
    return score(folder)


@settings(max_examples=25)
@given(st.lists(st.integers(0, FRAMES + 2), min_size=6, max_size=6))
def test_every_list_ends_in_its_value_and_is_said(lengths):
    """``strict`` scores a short list as one filled with nothing; ``released`` breaks off there."""

    def uneven(id, masks):
        return (masks + [masks[-1]] * 2)[: lengths[int(id)]]

    def filled(id, masks):
        return [*masks[: lengths[int(id)]], *[None] * (FRAMES - lengths[int(id)])][:FRAMES]

    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        found, even = with_lists(Path(one), uneven), with_lists(Path(other), filled)
    assert values(found, "strict", "valid") == values(even, "strict", "valid")
    short = {id for id, length in enumerate(lengths) if length < FRAMES}
    long = {id for id, length in enumerate(lengths) if length > FRAMES}
    said = {remark.kind: remark for remark in remarks(found.findings, PROTOCOLS)}
    assert ("filled_frame" in said) == bool(short)
    assert ("cut_mask" in said) == bool(long)
    if short:
        remark = said["filled_frame"]
        assert remark.protocols == ("strict",)
        assert (remark.count, remark.places) == (
            sum(FRAMES - lengths[id] for id in short), len(short),
        )  # fmt: skip
    if long:
        assert said["cut_mask"].count == sum(lengths[id] - FRAMES for id in long)
    (row,) = [
        r for r in found.rows if (r.split, r.protocol, r.metric) == ("valid", "released", "j")
    ]
    broken = {
        f"vid_{'a' if id < 3 else 'b'}/{expression}" for id in short for expression in USED[str(id)]
    }
    assert (row.value is None) == bool(broken)
    if broken:
        assert f"breaks off at {len(broken)} expressions" in row.note
    else:
        assert values(found, "released", "valid") == values(even, "released", "valid")
