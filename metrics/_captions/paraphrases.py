"""METEOR's paraphrase table, filtered to the words of a run.

The table has 5.3 million entries (272 MB unpacked); loading it whole costs the JVM seconds and over
a gigabyte. An entry whose words do not all occur in the texts can never match, so leaving it out
changes no score (METEOR ships a program for it; this one is compiled and takes a second or two).
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO

import numpy as np

from sama_bench.metrics._captions.java import JavaError, caption_jar

_CHUNK = 1 << 18  # packed bytes read at once
_BITS = 20  # a filter of 2**20 marks; a false mark keeps an entry too many, which is harmless
_OFFSET, _PRIME = 14695981039346656037, 1099511628211  # FNV-1a, 64 bits
_PIECES = tuple(map(re.compile, (r"[^\W_]+", r"[a-z0-9]+", r"[a-z]+", r"[0-9]+")))
_ALWAYS = ("n", "t", "s", "d", "m", "re", "ve", "ll", "not", "can")  # left by split contractions


def words_of(texts: Iterable[str]) -> set[str]:
    """Return every word that METEOR might see in tokenised texts, however it splits them further.

    A superset: whole tokens, their runs of letters and digits, and those runs apart.
    """
    words = set(_ALWAYS)
    for token in {token.lower() for text in texts for token in text.split()}:
        words.add(token)
        for pattern in _PIECES:
            words.update(pattern.findall(token))
    return words


def filter_paraphrases(words: Iterable[str], target: Path) -> int:
    """Write the table's entries that consist of ``words`` to ``target`` (gzip); return how many.

    Raises JavaError when pycocoevalcap's table is missing. Only where Numba compiles.
    """
    from sama_bench.metrics._captions.paraphrase_kernel import select_entries

    marks = np.zeros(1 << _BITS, np.bool_)
    for word in words:
        marks[_slot(word.encode("utf-8", "replace"))] = True
    kept = 0
    rest = np.empty(0, np.uint8)
    table = caption_jar("meteor", "data", "paraphrase-en.gz")
    with table.open("rb") as source, gzip.open(target, "wb", compresslevel=1) as sink:
        for chunk in _read_ahead(source):
            data = np.concatenate([rest, np.frombuffer(chunk, np.uint8)])
            chosen = np.empty_like(data)
            used, length, count = select_entries(data, marks, chosen)
            sink.write(chosen[:length].tobytes())
            kept += count
            rest = data[used:]
    return kept


def _slot(word: bytes) -> int:
    """Return where a word is marked (FNV-1a, folded)."""
    value = _OFFSET
    for byte in word:
        value = ((value ^ byte) * _PRIME) & 0xFFFFFFFFFFFFFFFF
    return (value ^ (value >> 32)) & ((1 << _BITS) - 1)


def _read_ahead(source: IO[bytes]) -> Iterator[bytes]:
    """Yield a gzip file's content in pieces while the next is being unpacked in another thread."""
    unpacker = zlib.decompressobj(wbits=31)

    def unpack() -> bytes:
        unpacked = b""
        while not unpacked and (packed := source.read(_CHUNK)):
            unpacked = unpacker.decompress(packed)
        return unpacked

    with ThreadPoolExecutor(1) as pool:
        waiting: Future[bytes] = pool.submit(unpack)
        while chunk := waiting.result():
            waiting = pool.submit(unpack)
            yield chunk
    if not unpacker.eof:
        raise JavaError("METEOR's paraphrase table is damaged: reinstall pycocoevalcap")
