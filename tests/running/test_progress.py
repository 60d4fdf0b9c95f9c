"""What is shown while a model loads."""

from __future__ import annotations

import io
import re

from sama_bench.launch.devices import Device
from sama_bench.running.progress import Progress
from tests.running import fakes


class Terminal(io.StringIO):
    def isatty(self):
        return True


def hour(progress):
    for second in range(3600):
        progress.loading(f"loading x on cpu: {second} s", second)
    progress.loading("", 0)


def test_lines_about_a_load_are_few_however_long_it_takes():
    out = io.StringIO()
    progress = Progress("x on tiny", 3, 0, out)
    hour(progress)
    lines = out.getvalue().splitlines()[1:]
    assert lines[:3] == [f"loading x on cpu: {second} s" for second in (10, 20, 40)]
    assert 8 < len(lines) < 13
    hour(progress)
    assert len(out.getvalue().splitlines()[1:]) == 2 * len(lines)


def test_a_terminal_shows_the_last_word_beside_the_bar_until_the_model_is_there():
    out = Terminal()
    progress = Progress("x on tiny", 3, 0, out)
    progress.loading("loading x on cpu: 5 s", 5)
    assert out.getvalue().endswith("loading x on cpu: 5 s]")
    progress.loading("", 0)
    before = len(out.getvalue())
    progress.add(failed=True)
    progress.close()
    assert "loading" not in out.getvalue()[before:]
    assert "1 failed" in out.getvalue()[before:]


def test_a_run_says_which_model_loads_where_for_how_long_and_until_when(
    tmp_path, monkeypatch, capfd
):
    """The model is there when the line has been said, and not before."""
    monkeypatch.setattr("sama_bench.running.progress.FIRST_LINE", 0.0)
    said = Progress.say

    def say(self, text):
        said(self, text)
        if text.startswith("loading"):
            (tmp_path / "said").touch()

    monkeypatch.setattr(Progress, "say", say)
    result = fakes.ask(
        tmp_path / "runs",
        "Patient",
        options={"until": str(tmp_path / "said")},
        devices=[Device(), Device()],
    )
    assert result.complete
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("loading")]
    assert re.fullmatch(r"loading patient on cpu: \d+ s \(limit 60 s, --load-timeout\)", lines[0])
