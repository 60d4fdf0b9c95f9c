"""Where a benchmark's files come from, and where its answers go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class HubSource:
    """A data set of the Hugging Face hub that may be downloaded by a program.

    Attributes:
        name: on the command line.
        repo: ``owner/name`` on the hub.
        title: one line for a person.
        folder: below the data root, where its files go with the paths that they have on the hub.
        wanted: names of the files that the benchmark needs, wherever in the data set they lie;
            empty for all. The rest (training data) comes with ``everything`` only.
        next: names of the sources that are needed besides.
    """

    name: str
    repo: str
    title: str
    folder: str = ""
    wanted: frozenset[str] = frozenset()
    next: tuple[str, ...] = ()


@dataclass(frozen=True)
class HumanSource:
    """Files that a person has to get: a licence to accept, a form, a registration.

    Attributes:
        name: on the command line.
        title: one line for a person.
        page: where to go.
        why: what a program may not do.
        steps: what to do, in order; ``{data}`` stands for the data root.
    """

    name: str
    title: str
    page: str
    why: str
    steps: tuple[str, ...]


Source = HubSource | HumanSource


@dataclass(frozen=True)
class FramePreparation:
    """Frames that a benchmark reads, to be extracted from videos that a person has got.

    ``sama-bench data prepare NAME`` keeps every ``interval``-th frame as ``frame_<k>.jpg``.

    Attributes:
        name: on the command line.
        title: of the videos' data set, for a person.
        frames: below the data root, the folder that receives a folder of frames for every video.
        records: below the data root, where it is written down how each folder was made.
        interval: in frames.
        quality: of the JPEG files, 0 to 100.
        frame_count: from a video's annotation to the number of frames that it states, or None.
        items: from a video's annotation and the number of extracted frames to what the
            benchmark's own files say of these frames, JSON values.
    """

    name: str
    title: str
    frames: str
    records: str
    interval: int
    quality: int
    frame_count: Callable[[Mapping[str, Any]], int | None]
    items: Callable[[Mapping[str, Any], int], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Server:
    """A server that scores answers to splits whose masks are not published.

    Attributes:
        splits: that it takes, the one that papers report first.
        prefix: what stands before ``<video>/<expression>/<frame>.png`` in its archive.
    """

    splits: tuple[str, ...]
    prefix: str = ""


@dataclass(frozen=True)
class JointSize:
    """A published size that several benchmarks have together.

    Attributes:
        benchmarks: their names.
        split: of each of them.
        published: by what is counted (``videos``, ``samples``) the published number.
    """

    benchmarks: tuple[str, ...]
    split: str
    published: Mapping[str, int]
