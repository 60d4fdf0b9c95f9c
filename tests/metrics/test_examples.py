"""The examples in the docstrings of metrics run, and every public function of a metric has one."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import sama_bench.metrics
from sama_bench.benchmark import parts
from sama_bench.metric import declaration
from sama_bench.tables import aligned

NAMES = [i.name for i in pkgutil.iter_modules(sama_bench.metrics.__path__) if i.name[0] != "_"]
WITHOUT = {
    # what reads files, starts programs or loads a model
    "captions.recompute", "captions.score_both", "clair.recompute", "meteor.score_corpora",
    "phrases.chosen_similarity", "phrases.phrase_similarity", "spice.models_folder", "spice.spice",
    "spice.why_unavailable",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_metric_run(name):
    module = importlib.import_module(f"sama_bench.metrics.{name}")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_public_function_has_an_example(name):
    module = importlib.import_module(f"sama_bench.metrics.{name}")
    public = {
        f"{name}.{function}": item
        for function, item in inspect.getmembers(module, inspect.isfunction)
        if item.__module__ == module.__name__ and function[0] != "_"
    }
    bare = {place for place, item in public.items() if ">>>" not in (item.__doc__ or "")}
    assert bare <= WITHOUT


@pytest.mark.parametrize("module", [declaration, parts, aligned], ids=lambda m: m.__name__)
def test_the_examples_of_the_contract_run(module):
    found = doctest.testmod(module)
    assert (found.failed, found.attempted > 0) == (0, True)
