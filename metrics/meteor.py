"""METEOR 1.5 (English, ``-norm``) of many segments and corpora from one JVM.

Source: Denkowski and Lavie, "Meteor Universal" (2014), through the jar that pycocoevalcap carries
(SAMA-Bench-G protocol, section 7). A corpus's value is computed from the summed statistics of its
segments, not as a mean.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from sama_bench.metrics._captions.java import (
    JVM_FLAGS,
    LONGER_RUN,
    JavaError,
    caption_jar,
    complaint,
    find_java,
    java_environment,
)
from sama_bench.metrics._captions.ngrams import Segment

WORD_LIMIT = 1000
"""Longest text METEOR is given, in tokens: the aligner needs minutes and gigabytes beyond."""

REPEATED_WORD_LIMIT = 400
REPEATS_LIMIT = 20_000
"""The aligner's memory grows with pairs of equal words; texts with more are given shorter."""

_ENOUGH_FOR_TWO = 1000


@dataclass(frozen=True)
class MeteorCorpus:
    """METEOR of one corpus: its own value and that of each of its segments, all in [0, 1]."""

    value: float
    segments: tuple[float, ...]


def shorten(prediction: str, references: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """Return tokenised texts that METEOR can align: their first WORD_LIMIT tokens.

    Where the same words are repeated so often that a prediction and a reference have more than
    REPEATS_LIMIT pairs of equal words, the first REPEATED_WORD_LIMIT tokens.

    >>> shorten("a cat", ["the cat"])
    ('a cat', ('the cat',))
    """
    references = tuple(references)
    longest = max((text.count(" ") + 1 for text in references), default=0)
    tokens = prediction.count(" ") + 1
    if max(tokens, longest) <= WORD_LIMIT and tokens * longest <= REPEATS_LIMIT:
        return prediction, references
    said = Counter(_first(prediction, WORD_LIMIT).split(" "))
    pairs = 0
    for reference in references:
        true = Counter(_first(reference, WORD_LIMIT).split(" "))
        pairs = max(pairs, sum(said[word] * true[word] for word in said.keys() & true.keys()))
    limit = WORD_LIMIT if pairs <= REPEATS_LIMIT else REPEATED_WORD_LIMIT
    return _first(prediction, limit), tuple(_first(text, limit) for text in references)


def _first(text: str, limit: int) -> str:
    """Return the first tokens of a text that are separated by single spaces."""
    tokens = text.split(" ", limit)
    return text if len(tokens) <= limit else " ".join(tokens[:limit])


class Meteor:
    """A running METEOR; use it as a context manager.

    ``paraphrases`` is a table to load instead of the whole one (``metrics.paraphrases``).
    ``patience`` is the longest wait for one reply, in seconds. Every method raises JavaError when
    the JVM is missing, dies or stays silent longer; it is then ended.
    """

    def __init__(
        self,
        *,
        java: str | Path | None = None,
        paraphrases: Path | None = None,
        patience: float = 300.0,
    ) -> None:
        jar = caption_jar("meteor", "meteor-1.5.jar")
        program = find_java(java)
        self._patience = patience
        self._timed_out = False
        self._stderr = tempfile.TemporaryFile(prefix="sama-bench-meteor-")  # noqa: SIM115
        command = [str(program), *JVM_FLAGS, *LONGER_RUN, "-Xmx2G", "-jar", str(jar)]
        # By itself METEOR finds its table only where the jar's path is ASCII without spaces.
        table = Path(paraphrases or caption_jar("meteor", "data", "paraphrase-en.gz")).absolute()
        try:
            self._process = subprocess.Popen(
                [*command, "-", "-", "-stdio", "-l", "en", "-norm", "-a", str(table)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=java_environment(),
                cwd=jar.parent,  # a JVM reads files of its folder (.hotspotrc)
            )
        except OSError as error:
            self._stderr.close()
            raise JavaError(f"cannot start {program}: {error.strerror or error}") from None

    def __enter__(self) -> Meteor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the JVM. Safe to call twice."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            if stream:
                _close_quietly(stream)

    def align(self, segments: Sequence[Segment]) -> list[str]:
        """Return METEOR's statistics of each tokenised segment, as text for ``evaluate``."""
        return self._ask([_score_line(*segment) for segment in segments], len(segments))

    def evaluate(self, corpora: Sequence[Sequence[str]]) -> list[MeteorCorpus]:
        """Score corpora from the statistics of their segments; an empty corpus scores NaN."""
        questions = ["EVAL" + "".join(f" ||| {text}" for text in corpus) for corpus in corpora]
        replies = self._ask(
            [question for question, corpus in zip(questions, corpora, strict=True) if corpus],
            sum(len(corpus) + 1 for corpus in corpora if corpus),
        )
        values = map(float, replies)
        results = []
        for corpus in corpora:
            segments = tuple(next(values) for _ in corpus)
            results.append(MeteorCorpus(next(values) if corpus else float("nan"), segments))
        return results

    def _ask(self, lines: Sequence[str], count: int) -> list[str]:
        """Write all lines and read ``count`` replies, in order."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise JavaError("METEOR has no pipes")
        writer = threading.Thread(target=_write_all, args=(stdin, lines), daemon=True)
        alarm = _Alarm(self._patience, self._give_up)
        replies: list[str] = []
        writer.start()
        try:
            for _ in range(count):
                line = stdout.readline()
                if not line.endswith(b"\n"):
                    raise JavaError(self._last_words(len(replies)))
                alarm.restart()
                replies.append(line.decode("utf-8").strip())
            return replies
        finally:
            alarm.cancel()
            if len(replies) < count:
                self._process.kill()  # frees a writer that waits for a full pipe
            writer.join()

    def _give_up(self) -> None:
        self._timed_out = True
        self._process.kill()

    def _last_words(self, answered: int) -> str:
        self._process.wait()
        if self._timed_out:
            return f"METEOR gave no reply for {self._patience:.0f} s after {answered} replies"
        self._stderr.seek(0)
        said = complaint(self._stderr.read())
        return f"METEOR ended after {answered} replies: {said}"


def score_corpora(
    corpora: Sequence[Sequence[Segment]],
    *,
    java: str | Path | None = None,
    paraphrases: Path | None = None,
    processes: int | None = None,
) -> list[MeteorCorpus]:
    """Score corpora of tokenised segments; a segment that occurs twice is aligned once.

    ``processes`` JVMs share the alignment; by default one, or two where there are two cores and
    more than a thousand segments. Raises JavaError as ``Meteor`` does.
    """
    wanted = list(dict.fromkeys(segment for corpus in corpora for segment in corpus))
    if processes is None:
        processes = 2 if len(wanted) > _ENOUGH_FOR_TWO and (os.cpu_count() or 1) > 1 else 1
    # The longest first and dealt out in turn: shares take about the same time.
    order = sorted(range(len(wanted)), key=lambda i: -len(wanted[i][0]) * len(wanted[i][1][0]))
    shares = [[wanted[i] for i in order[start::processes]] for start in range(processes)]
    statistics: dict[Segment, str] = {}
    with ExitStack() as stack:
        running = [stack.enter_context(Meteor(java=java, paraphrases=paraphrases)) for _ in shares]
        with ThreadPoolExecutor(processes) as pool:
            aligned = pool.map(Meteor.align, running, shares)
            for share, found in zip(shares, aligned, strict=True):
                statistics.update(zip(share, found, strict=True))
        return running[0].evaluate([[statistics[s] for s in corpus] for corpus in corpora])


class _Alarm:
    """Calls a function once when it was not restarted for a while."""

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._done = threading.Event()
        self._action = action
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def restart(self) -> None:
        self._deadline = time.monotonic() + self._seconds

    def cancel(self) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(max(0.0, self._deadline - time.monotonic())):
            if time.monotonic() >= self._deadline:
                self._action()
                return


def _score_line(prediction: str, references: Iterable[str]) -> str:
    """Return METEOR's request for one segment, cleaned as the reference's wrapper cleans it."""
    prediction, references = shorten(prediction, references)
    hypothesis = prediction.replace("|||", "").replace("  ", " ")
    return " ||| ".join(("SCORE", *references, hypothesis))


def _write_all(stream: IO[bytes], lines: Sequence[str]) -> None:
    """Write lines into a pipe; a reader that has gone away is reported by the reading side."""
    try:
        for line in lines:
            stream.write(f"{line}\n".encode())
        stream.flush()
    except (BrokenPipeError, ValueError, OSError):
        return


def _close_quietly(stream: IO[bytes]) -> None:
    """Close a pipe whose other end may have gone away with unwritten bytes in it."""
    try:
        stream.close()
    except OSError:
        return
