import numpy as np
import pytest

from sama_bench.nouns import Masklet
from sama_bench.splits._masks.object_facts import object_facts


def masklet(*areas):
    masks = np.zeros((len(areas), 10, 20), np.uint8)
    for frame, area in enumerate(areas):
        masks[frame].flat[:area] = 1
    return Masklet.from_arrays(masks)


@pytest.mark.parametrize(
    ("masklets", "area", "visible", "occluded"),
    [
        ([masklet(20, 40)], 30 / 200, 1.0, False),
        ([masklet(20, 0, 40)], 30 / 200, 2 / 3, True),
        ([masklet(20, 20), masklet(0, 80)], 40 / 200, 3 / 4, True),
        ([masklet(0, 0)], 0.0, 0.0, True),
    ],
)
def test_size_and_visibility_by_hand(masklets, area, visible, occluded):
    facts = object_facts(masklets)
    assert facts == {
        "area": pytest.approx(area),
        "visible": pytest.approx(visible),
        "occluded": occluded,
    }


def test_without_masks_nothing_is_said():
    assert object_facts([]) == {}
