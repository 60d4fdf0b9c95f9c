"""What becomes of a class that a user names."""

from __future__ import annotations

import pytest

from sama_bench.adapter import Adapter, Oracle, Setup
from sama_bench.errors import UserError
from sama_bench.nouns import TASKS
from sama_bench.worker.abilities import tasks_of
from sama_bench.worker.adapter_import import adapter_class
from sama_bench.worker.handshake import hello
from sama_bench.worker.hello import Checkpoint

PLAIN = """
class Plain:
    takes_history = True

    def __init__(self):
        self.loaded = False

    def load(self, setup):
        self.loaded = setup.model

    def predict(self, sample):
        return "an answer"


class Meta(type):
    pass


class Odd(metaclass=Meta):
    def predict(self, sample): ...


class Without:
    pass
"""


@pytest.fixture
def named(tmp_path):
    (tmp_path / "mine.py").write_text(PLAIN)
    return lambda name: adapter_class(f"{tmp_path / 'mine.py'}:{name}")


def test_a_plain_class_has_the_defaults_of_what_it_does_not_define(named):
    kind = named("Plain")
    assert kind.__name__ == "Plain"
    made = kind()
    assert isinstance(made, Adapter)
    assert not isinstance(made, Oracle)
    made.configure(Setup("x"))
    made.load(Setup("x"))
    assert made.loaded == "x"
    assert made.predict(None) == "an answer"
    assert (made.takes_history, made.takes_tracks, made.concurrency) == (True, False, 1)
    assert tasks_of(made) == set(TASKS)
    said = hello(made, Setup("x", checkpoint="weights"))
    assert said.card == {}
    assert said.checkpoint == Checkpoint("weights", None, None)
    made.close()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Without", "has no method predict"),
        ("Plane", "did you mean Plain"),
        ("Odd", "derive it from sama_bench.adapter.Adapter"),
    ],
)
def test_what_is_no_adapter_is_said(named, name, said):
    with pytest.raises(UserError, match=said) as caught:
        named(name)
    assert "\n" not in str(caught.value)
