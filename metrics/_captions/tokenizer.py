"""PTB tokenisation of captions, as pycocoevalcap does it, for many videos in one JVM.

Source: Stanford PTBTokenizer (CoreNLP 3.4.1) with ``-preserveLines -lowerCase``, then removal of
punctuation tokens (SAMA-Bench-G protocol, section 7).

The tokenizer looks across line ends ("no." before a line that starts with a digit), so a text's
tokens depend on its neighbours in the same file. Each group of texts therefore gets a file of its
own, and one JVM reads them all (``-ioFileList``): the tokens are those of one run a group.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sama_bench.metrics._captions.java import SHORT_RUN, JavaError, caption_jar, find_java, run_java

PUNCTUATION = frozenset(
    ["''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":"]
) | frozenset(["-", "--", "...", ";"])
"""Tokens that are dropped. The brackets never match: tokens are lower case (``-lrb-`` stays)."""

# What the tokenizer takes for an end of line. Left in a text, one would shift all later texts.
_LINE_BREAKS = re.compile("[\n\r\x0b\x0c\x85\u2028\u2029]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")

_START_SECONDS = 120.0
_CHARACTERS_PER_SECOND = 20_000.0  # a fiftieth of what one slow core reaches


def one_line(text: str) -> str:
    """Return ``text`` as one line of valid UTF-8.

    Every line break becomes one space; a lone surrogate, which no encoding can carry, becomes
    U+FFFD.
    """
    return _LONE_SURROGATES.sub("\ufffd", _LINE_BREAKS.sub(" ", text))


def is_encodable(text: str) -> bool:
    """Return whether ``text`` can be written as UTF-8 (the reference fails where it cannot)."""
    return _LONE_SURROGATES.search(text) is None


def tokenize(
    groups: Sequence[Sequence[str]],
    *,
    java: str | Path | None = None,
    timeout: float | None = None,
) -> list[list[str]]:
    """Tokenise groups of texts; neighbours inside a group can influence each other.

    A group is what the reference puts into one call: all references of a video, or all its
    predictions, in order. Returns for every group a list of strings, tokens separated by single
    spaces, in the order of its texts; "" where no token is left. ``timeout`` in seconds; by
    default it grows with the amount of text.

    Raises JavaError when Java is missing, fails, takes too long or returns another number of lines.
    """
    if not any(groups):
        return [[] for _ in groups]
    program = find_java(java)
    jar = caption_jar("tokenizer", "stanford-corenlp-3.4.1.jar")
    if timeout is None:
        characters = sum(len(text) for group in groups for text in group)
        timeout = _START_SECONDS + characters / _CHARACTERS_PER_SECOND
    with tempfile.TemporaryDirectory(prefix="sama-bench-ptb-") as name:
        folder = Path(name)
        for index, group in enumerate(groups):
            text = "\n".join(map(one_line, group))
            (folder / f"in{index}").write_bytes(text.encode("utf-8"))
        pairs = "".join(f"in{index}\tout{index}\n" for index in range(len(groups)))
        (folder / "files").write_text(pairs, encoding="ascii")
        command = ["-cp", str(jar), "edu.stanford.nlp.process.PTBTokenizer", "-preserveLines"]
        run_java(
            [*SHORT_RUN, *command, "-lowerCase", "-encoding", "UTF-8", "-ioFileList", "files"],
            cwd=folder,
            timeout=timeout,
            java=program,
        )
        return [
            _read_tokens(folder / f"out{index}", len(group)) for index, group in enumerate(groups)
        ]


def _read_tokens(path: Path, count: int) -> list[str]:
    """Read one output file: ``count`` lines, punctuation removed."""
    if not count:
        return []
    lines = path.read_bytes().decode("utf-8").split("\n")
    if len(lines) == count + 1 and not lines[-1]:
        lines.pop()  # a last text without tokens leaves an empty line behind
    if len(lines) != count:
        raise JavaError(f"the PTB tokenizer returned {len(lines)} lines for {count} texts")
    return [
        " ".join(token for token in line.rstrip().split(" ") if token not in PUNCTUATION)
        for line in lines
    ]
