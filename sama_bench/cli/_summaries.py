"""What the commands are called and what the help of their group says of them, in order of use.

Kept here so that ``sama-bench --help`` need not import them: ``list models`` is the ``command`` of
``list_models.py``, its line the one that ``short_help`` or the first sentence of its help gives. A
name with others below it is a group that has no file.
"""

from __future__ import annotations

from collections.abc import Mapping


class Whole(str):
    """A summary that its command declares as ``short_help``: wrapped in a narrow terminal, not cut.

    The others are the first sentence of the help, which is cut where it is too long for one line.
    """

    __slots__ = ()


SUMMARIES: Mapping[str, str] = {
    "run": Whole("Ask a model the samples of a split and score its answers."),
    "merge": Whole("Check shards, merge them into final scores, print tables."),
    "score": Whole("Score run folders, or answers that other code produced."),
    "report": Whole("Look at a run, or at two side by side, in a browser."),
    "compare": "Compare two scored runs: which metrics differ, how surely, and where.",
    "leaderboard": "Published results and entries: add, verify, tables, the page.",
    "leaderboard add": "Turn scored runs into entries with their provenance.",
    "leaderboard import": (
        "Read the results of other evaluation kits, so that one table shows both."
    ),
    "leaderboard page": (
        "Build the leaderboard page: sortable, filterable, with intervals, sources and entries."
    ),
    "leaderboard table": "Show entries and published results side by side.",
    "leaderboard verify": (
        "Recompute an entry's scores from its predictions, or hold it against what is published."
    ),
    "status": Whole("Say how far runs are: rate, time left, failures."),
    "list": "Show what can be named: models, splits, benchmarks, metrics.",
    "list benchmarks": (
        "Show the benchmarks: splits, metrics, how their data may be had, and their options."
    ),
    "list metrics": (
        "Show the metrics: what they are called, their range, and where they are defined."
    ),
    "list models": "Show the models that --model knows: weights, environment, licence, costs.",
    "list splits": "Show the splits of every benchmark, or of one; the first is the default.",
    "data": "Check, prepare and fetch the files of the benchmarks.",
    "data fetch": "Download what may be downloaded, and say how to get the rest.",
    "data prepare": "Bring downloaded files into the form that a benchmark needs.",
    "data verify": (
        "Check benchmarks' files: presence, published counts and checksums, masks, frames."
    ),
    "submit": Whole("Write the archive that a benchmark's server expects."),
    "adapter": "Write and check an adapter for a model of yours.",
    "adapter check": "Try the adapter NAME (a model's name, or file.py:Class) on generated clips.",
    "adapter new": "Write a working adapter for the model NAME, and its test.",
    "env": "Manage the environments that models run in.",
    "env create": (
        "Make the environment NAME (an environment, a model that uses it, or a .toml file)."
    ),
    "env list": "Show the environments that models ask for, and those that have been made.",
    "env lock": (
        "Complete the environment FILE (a .toml): resolve what it wants, and write its "
        "requirements."
    ),
    "env path": "Print the Python of the environment NAME, for installing more into it by hand.",
    "env remove": "Delete the environment NAME; it is made anew when a run needs it.",
    "selftest": (
        "Recompute golden values of the released evaluators and show the largest difference."
    ),
}
