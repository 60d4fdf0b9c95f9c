"""The file of referring expressions that all video benchmarks share (data protocol, section 2.1).

Videos stand in file order; their frames and the ids of their expressions are sorted as strings,
as the published loaders do it ("0", "1", "10", "11", "2").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench.benchmark import Finding
from sama_bench.errors import DataError
from sama_bench.storage.untrusted_files import inside, plain_name, read_json


@dataclass(frozen=True)
class Expression:
    """One referring expression.

    Attributes:
        id: within its video.
        text: the expression, verbatim.
        annotations: ids of its objects' masks; empty where the file gives none.
        type_id: 0 or 1 for the groups of Ref-SAV and ReVOS, None where the file has none.
        object: the one object that it describes (``obj_id``), None where the file does not say.
    """

    id: str
    text: str
    annotations: tuple[str, ...]
    type_id: int | None
    object: str | None = None


@dataclass(frozen=True)
class VideoMeta:
    """One video of the file.

    Attributes:
        id: its key, and the folder of its frames.
        frames: names without extension, sorted as strings.
        file_frames: the same in the file's order, to which masks are aligned.
        expressions: sorted by id as strings.
        file_order: ids of the expressions in the file's order.
        height: in pixels, or None where the file does not say.
        width: in pixels, or None.
    """

    id: str
    frames: tuple[str, ...]
    file_frames: tuple[str, ...]
    expressions: tuple[Expression, ...]
    file_order: tuple[str, ...]
    height: int | None
    width: int | None


@dataclass(frozen=True)
class MetaExpressions:
    """All videos of the file, in its order, with its checksum."""

    path: Path
    checksum: str
    videos: tuple[VideoMeta, ...]

    def held(
        self, published: Mapping[str, int], groups: Mapping[int, str] | None = None
    ) -> dict[str, tuple[int, int]]:
        """Return numbers of videos, expressions and group members: in the file, and published.

        Args:
            published: the published numbers by what they count.
            groups: names of the groups by ``type_id``.
        """
        types = Counter(item.type_id for video in self.videos for item in video.expressions)
        found = {"videos": len(self.videos), "expressions": sum(types.values())}
        found.update({name: types[number] for number, name in (groups or {}).items()})
        return {name: (found[name], expected) for name, expected in published.items()}

    def findings(self) -> Iterator[Finding]:
        """Report what the published evaluators could not cope with, or treat in odd ways."""
        for video in self.videos:
            where = f"{self.path.name}, {video.id}"
            if video.frames != video.file_frames:
                detail = "frames are not in string order; masks are matched by frame name"
                yield Finding("unsorted_frames", where, detail)
            if not video.frames:
                yield Finding("no_frames", where, "the video lists no frame", fatal=True)
            if len(set(video.frames)) < len(video.frames):
                yield Finding("repeated_frame", where, "a frame is listed twice", fatal=True)
            if not video.expressions:
                yield Finding("no_expressions", where, "the video has no expression")
            for expression in video.expressions:
                if "_" in expression.id:
                    detail = f"expression id '{expression.id}' contains '_', where the published "
                    detail += "evaluators split their keys"
                    yield Finding("ambiguous_id", where, detail, protocols=frozenset({"released"}))
                if len(set(expression.annotations)) < len(expression.annotations):
                    detail = f"expression '{expression.id}' names an object twice"
                    yield Finding("repeated_object", where, detail)
                if not expression.text.strip():
                    yield Finding("empty_expression", where, f"expression '{expression.id}'")


def read_meta_expressions(path: Path) -> MetaExpressions:
    """Read a file of referring expressions.

    Raises:
        DataError: it is missing or malformed, or a name in it leads out of the data folder.
    """
    content, checksum = read_json(path)
    videos = content.get("videos") if isinstance(content, dict) else None
    if not isinstance(videos, dict):
        raise DataError(f"{path} must hold an object with the key 'videos'")
    found = tuple(_video(path, name, item) for name, item in videos.items())
    return MetaExpressions(path, checksum, found)


def _video(path: Path, name: str, item: Any) -> VideoMeta:
    where = f"{path.name}, video '{name[:80]}'"
    inside(path.parent, name)
    if not isinstance(item, dict):
        raise DataError(f"{where}: an object expected")
    frames = item.get("frames")
    if not isinstance(frames, list) or not all(isinstance(frame, str) for frame in frames):
        raise DataError(f"{where}: 'frames' must be a list of names")
    for frame in frames:
        plain_name(frame, f"{where}: frame")
    expressions = item.get("expressions")
    if not isinstance(expressions, dict):
        raise DataError(f"{where}: 'expressions' must be an object")
    made = [_expression(where, id, value) for id, value in expressions.items()]
    return VideoMeta(
        id=name,
        frames=tuple(sorted(frames)),
        file_frames=tuple(frames),
        expressions=tuple(sorted(made, key=lambda expression: expression.id)),
        file_order=tuple(expressions),
        height=_length(where, item, "height"),
        width=_length(where, item, "width"),
    )


def _expression(where: str, id: str, item: Any) -> Expression:
    plain_name(id, f"{where}: expression id")
    if not isinstance(item, dict) or not isinstance(item.get("exp"), str):
        raise DataError(f"{where}, expression '{id}': no text under 'exp'")
    type_id = item.get("type_id")
    if type_id is not None and (isinstance(type_id, bool) or not isinstance(type_id, int)):
        raise DataError(f"{where}, expression '{id}': 'type_id' must be a whole number")
    object = item.get("obj_id")  # MeViS and Ref-SAV list several here
    named = str(object) if isinstance(object, (int, str)) else None
    return Expression(id, item["exp"], _annotations(where, id, item), type_id, named)


def _annotations(where: str, id: str, item: Mapping[str, Any]) -> tuple[str, ...]:
    value = item.get("anno_id", [])
    values = value if isinstance(value, list) else [value]
    if any(isinstance(entry, bool) or not isinstance(entry, (int, str)) for entry in values):
        raise DataError(f"{where}, expression '{id}': 'anno_id' must hold ids")
    return tuple(str(entry) for entry in values)


def _length(where: str, item: Mapping[str, Any], side: str) -> int | None:
    value = item.get(side)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 1 << 15:
        raise DataError(f"{where}: '{side}' must be a size in pixels, not {str(value)[:40]}")
    return value
