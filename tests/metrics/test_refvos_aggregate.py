import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama_bench.metrics._masks.refvos_aggregate import (
    RELEASED,
    REVOS_GROUPS,
    ROUNDED,
    STRICT,
    by_group,
    mean_of_expressions,
    printed,
    rounded,
)


def scores(value):
    return {"j": value, "f": value, "accuracy": value, "robustness": value}


def test_numpy_rounds_what_python_does_not():
    assert rounded({"j": 0.02675})["j"] == float(np.round(100 * 0.02675, 2)) == 2.68
    assert round(2.675, 2) == 2.67


def test_mevis_and_davis_round_once_at_the_end():
    figures = mean_of_expressions([{"j": 0.12344, "f": 0.5}, {"j": 0.12346, "f": 0.6}])
    assert figures == pytest.approx({"j": 12.345, "f": 55.0, "j_and_f": 33.6725})
    assert printed(figures) == {"j": 12.35, "f": 55.0, "j_and_f": 33.67} or (
        printed(figures)["j"] == round(figures["j"], 2)
    )
    assert mean_of_expressions([])["j_and_f"] is None


def test_overall_weighs_groups_or_expressions():
    expressions = [(0, scores(0.2)), (0, scores(0.2)), (0, scores(0.2)), (1, scores(0.6))]
    released = by_group([*expressions, (2, scores(1.0))], REVOS_GROUPS)
    assert released["referring"]["robustness"] == pytest.approx(20)
    assert released["overall"]["j_and_f"] == pytest.approx(40)
    assert released["expressions"]["j_and_f"] == pytest.approx(30)
    assert by_group(expressions, REVOS_GROUPS, STRICT)["overall"]["j"] == pytest.approx(30)


def test_an_empty_group_has_no_value():
    figures = by_group([(0, scores(0.5))], REVOS_GROUPS)
    assert figures["reasoning"] == {"j": None, "f": None, "j_and_f": None}
    assert figures["overall"]["j"] is None
    assert figures["expressions"]["j"] == 50


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 1).map(scores)), max_size=8))
def test_rounding_moves_nothing_by_more_than_half_a_hundredth(expressions):
    strict = by_group(expressions, REVOS_GROUPS, RELEASED - {ROUNDED})
    for group, figures in by_group(expressions, REVOS_GROUPS).items():
        for name, value in figures.items():
            other = strict[group][name]
            assert (value is None) == (other is None)
            assert value is None or abs(value - other) <= 0.005 + 1e-9
