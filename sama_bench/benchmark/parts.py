"""Protocols, and the parts of a split that rows are of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sama_bench.errors import UserError

Protocol = Literal["released", "strict"]


PROTOCOLS: tuple[Protocol, ...] = ("released", "strict")


Aggregation = Literal["videos", "ratio", "groups", "whole"]
"""How a row came about: the mean of its videos' ``values``; the ratio of the sums of their
``pooled`` numerators and denominators (a mean over samples is one); the mean of its groups; or
something that its videos do not carry, such as a corpus score."""


OVERALL = "overall"
"""The group that is the mean of a benchmark's groups: where there is one, it is the headline."""


@dataclass(frozen=True)
class Part:
    """What a row is of: a split, a group of it (a source, a type), or a bin of an attribute.

    Written ``all``, ``all:VidSTG`` and ``valid|turn=2``, the form of scores and entries.

    Attributes:
        split: as asked for, with ``@subset`` where one was named; empty where none is named.
        group: name of the group or shard, or None.
        attribute: by which samples are binned, or None.
        bin: of the attribute, or None.

    >>> Part.parse("valid|turn=2")
    Part(split='valid', group=None, attribute='turn', bin='2')
    >>> str(Part("all", "VidSTG"))
    'all:VidSTG'
    """

    split: str
    group: str | None = None
    attribute: str | None = None
    bin: str | None = None

    @classmethod
    def parse(cls, text: str | None) -> Part:
        """Read the form in which scores and entries name a part."""
        whole, bar, binned = (text or "").partition("|")
        split, _, group = whole.partition(":")
        attribute, _, label = binned.partition("=")
        return cls(split, group or None, attribute if bar else None, label if bar else None)

    def __str__(self) -> str:
        group = f":{self.group}" if self.group is not None else ""
        binned = f"|{self.attribute}={self.bin}" if self.attribute is not None else ""
        return f"{self.split}{group}{binned}"

    @property
    def whole(self) -> bool:
        """Whether it is the split itself, or the mean of its groups that headlines it."""
        return self.attribute is None and self.group in (None, OVERALL)


def split_and_subset(split: str) -> tuple[str, str | None]:
    """Take ``all@pilot`` apart: the split, and the name of its subset or None.

    Raises:
        UserError: a name of other characters than letters, digits, ``.``, ``_`` and ``-``.
    """
    whole, at, subset = split.partition("@")
    if at and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", subset):
        raise UserError(f"--subset {subset[:40]!r}: letters, digits, '.', '_' and '-', at most 64")
    return whole, subset if at else None


def subset_of(split: str, subset: str | None) -> str:
    """Return the name of a subset of a split; the split itself where no subset is meant."""
    return split if subset is None else f"{split_and_subset(split)[0]}@{subset}"
