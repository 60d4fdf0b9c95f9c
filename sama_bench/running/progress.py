"""One view of a run for all its workers: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

from tqdm import tqdm

from sama_bench.tables.escape import one_line

FIRST_LINE, LONGEST_PAUSE = 10.0, 600.0
"""Seconds until the first line about a model that loads; each pause is longer, up to this one."""


class Progress:
    """Counts samples as they are recorded; shows rate, time left and failures so far."""

    def __init__(self, label: str, total: int, done: int, out: TextIO | None = None) -> None:
        self._out = sys.stderr if out is None else out
        self._label = one_line(label)  # the name of a model, and what workers say, is not ours
        self._total = total
        self._done = done
        self._new = 0
        self._failed = 0
        self._start = self._told = time.monotonic()
        self._next_line = FIRST_LINE
        self._loading = ""
        self._bar: Any = None
        if self._out.isatty():
            self._bar = tqdm(
                total=total,
                initial=done,
                desc=self._label,
                unit="sample",
                file=self._out,
                leave=True,
            )
        elif total > done:
            self.say(f"{self._label}: {total - done} of {total} samples to ask")

    def add(self, failed: bool) -> None:
        """Count one recorded sample."""
        self._done += 1
        self._new += 1
        self._failed += failed
        if self._bar is not None:
            self._bar.set_postfix_str(self._beside(), refresh=False)
            self._bar.update(1)
        elif time.monotonic() - self._told > 30:
            self._told = time.monotonic()
            self.say(self._line())

    def loading(self, text: str, seconds: float) -> None:
        """Show that a model loads, for ``seconds`` so far; an empty text when none does.

        A terminal shows the last text; elsewhere lines are few, however long it takes.
        """
        text = one_line(text)
        if self._bar is not None:
            if text != self._loading:
                self._loading = text
                self._bar.set_postfix_str(self._beside())
        elif not text:
            self._next_line = FIRST_LINE
        elif seconds >= self._next_line:
            self._next_line = seconds + min(seconds, LONGEST_PAUSE)
            self.say(text)

    def others(self, done: int) -> None:
        """Take in what other jobs recorded: ``done`` samples in all."""
        more = max(0, done - self._done)
        self._done += more
        if self._bar is not None:
            self._bar.update(more)

    def settle(self, done: int) -> None:
        """Take in how many samples are recorded in truth: some may be gone, or others' work."""
        if self._bar is not None:
            self._bar.update(done - self._done)
        self._done = done

    def say(self, text: str) -> None:
        """Print a line without breaking the bar."""
        text = one_line(text)
        if self._bar is not None:
            self._bar.write(text, file=self._out)
        else:
            print(text, file=self._out, flush=True)

    def close(self) -> None:
        """Finish the view."""
        if self._bar is not None:
            self._bar.close()
        elif self._new:
            self.say(self._line())

    def _beside(self) -> str:
        """Return what stands beside the bar."""
        failed = f"{self._failed} failed" if self._failed else ""
        return ", ".join(filter(None, (failed, self._loading)))

    def _line(self) -> str:
        seconds = max(time.monotonic() - self._start, 1e-9)
        left = (self._total - self._done) * seconds / max(self._new, 1)
        parts = [
            f"{self._label}: {self._done} of {self._total} samples",
            f"{self._new / seconds:.2f} a second",
        ]
        if self._done < self._total:
            parts.append(f"about {duration(left)} left")
        if self._failed:
            parts.append(f"{self._failed} failed")
        return ", ".join(parts)


def print_line(line: str) -> None:
    """Print a line of progress to standard error."""
    print(one_line(line), file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Write a time span for people: ``45 s``, ``12 min``, ``3 h 20 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
