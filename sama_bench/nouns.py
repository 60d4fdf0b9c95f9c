"""The nouns: what the engine, adapters and benchmarks say to each other.

All are frozen and cheap: frames and masks stay encoded until somebody asks for one. All can be
turned into plain JSON and back (``to_json``, ``from_json``), which is how they reach a worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from sama_bench.media import rle as coco_rle
from sama_bench.media.frames import PASSING, SHARED, Frame, read_reduced
from sama_bench.media.masklet import Masklet as Masklet

Wanted = Literal["text", "masks"]

History = Literal["independent", "teacher-forced", "free-running"]
HISTORIES: tuple[History, ...] = ("independent", "teacher-forced", "free-running")
"""What a model sees of a dialogue's earlier rounds: none, the references' texts, its own."""

Task = Literal[
    "grounded-chat",
    "region-description",
    "referring-segmentation",
    "reasoning-segmentation",
    "phrase-in-image",
    "grounded-caption",
    "region-caption",
    "choice",
]
"""What is asked, whoever asks it.

``grounded-chat``: a question about a video, answered in words with masks; ``region-description``: a
text about a marked region of a video; ``referring-segmentation``: the masks of what an expression
names in a video; ``reasoning-segmentation``: the same where the expression has to be thought about;
``phrase-in-image``: the mask of what a phrase names in an image; ``grounded-caption``: a caption of
an image with masks; ``region-caption``: a caption of a marked region of an image; ``choice``: a
question answered in words alone, one of several choices or a short answer.
"""

TASKS: tuple[Task, ...] = get_args(Task)

MASK_TASKS: frozenset[Task] = frozenset(
    {
        "grounded-chat",
        "referring-segmentation",
        "reasoning-segmentation",
        "phrase-in-image",
        "grounded-caption",
    }
)
"""Their answers hold masks; those of the others are words alone."""

REFERRING_TASKS: frozenset[Task] = frozenset({"referring-segmentation", "reasoning-segmentation"})
"""The question is an expression about a video, nothing is marked."""

IMAGE_TASKS: frozenset[Task] = frozenset({"phrase-in-image", "grounded-caption", "region-caption"})
"""About an image; the others are about a video, be it of one frame."""

UNTOLD: Any = None
"""In the place of a sample's task: what is asked follows from what the sample holds."""


@dataclass(frozen=True)
class Video:
    """An ordered list of frames; an image is a video of one frame.

    Attributes:
        id: the key by which questions are grouped, unique within a benchmark.
        frames: absolute paths of image files; or, for a movie, frame numbers as strings.
        height: of a frame, pixels.
        width: of a frame, pixels.
        movie: path of the mp4 that ``frames`` numbers, or None.
    """

    id: str
    frames: tuple[str, ...]
    height: int
    width: int
    movie: str | None = None

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def clip(self) -> Path:
        """The key of its frames in the shared store: the movie, or the first frame."""
        return Path(self.movie or self.frames[0])

    def frame(self, index: int) -> Frame:
        """Decode frame ``index``: read-only uint8 RGB (height, width, 3), from the shared store.

        Raises:
            DataError: the file is missing or broken.
        """
        if self.movie is None:
            return SHARED.image(Path(self.frames[index]), clip=self.clip)
        return SHARED.movie_frame(
            Path(self.movie), int(self.frames[index]), frozenset(map(int, self.frames))
        )

    def picture(self, index: int, side: int) -> Frame:
        """Decode frame ``index`` to show it, a large picture at a part of its size; not kept.

        Args:
            index: of the frame.
            side: longest side of what will be shown, pixels; the result is no smaller, if the
                frame is not.

        Raises:
            DataError: the file is missing or broken.
        """
        scale = min(1.0, side / max(self.height, self.width, 1))
        height, width = (max(1, round(length * scale)) for length in (self.height, self.width))
        if self.movie is None:
            return read_reduced(Path(self.frames[index]), height, width)
        return PASSING.movie_frame(Path(self.movie), int(self.frames[index]), frozenset())

    def __iter__(self) -> Iterator[Frame]:
        return (self.frame(index) for index in range(len(self)))

    def to_json(self) -> dict[str, Any]:
        """Return the video as plain data."""
        return {
            "id": self.id,
            "frames": list(self.frames),
            "height": self.height,
            "width": self.width,
            "movie": self.movie,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Video:
        """Read what ``to_json`` wrote."""
        return cls(data["id"], tuple(data["frames"]), data["height"], data["width"], data["movie"])


@dataclass(frozen=True)
class Region:
    """What a question points at: a mask, box or point on **one** frame.

    It is bound to the ``<mask>`` placeholder of the text at its own position.

    Attributes:
        frame: index of the frame on which it is marked.
        mask: COCO RLE on that frame, or None.
        box: (x_min, y_min, x_max, y_max) in pixels, inclusive, or None.
        point: (x, y) in pixels, or None.
        track: the object's whole masklet; present only for an adapter that declares
            ``takes_tracks``, because a track contains the answer to many questions.
    """

    frame: int
    mask: Mapping[str, Any] | None = None
    box: tuple[float, float, float, float] | None = None
    point: tuple[float, float] | None = None
    track: Masklet | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the region as plain data."""
        return {
            "frame": self.frame,
            "mask": None if self.mask is None else dict(self.mask),
            "box": None if self.box is None else list(self.box),
            "point": None if self.point is None else list(self.point),
            "track": None if self.track is None else self.track.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Region:
        """Read what ``to_json`` wrote."""
        return cls(
            data["frame"],
            data["mask"],
            None if data["box"] is None else tuple(data["box"]),
            None if data["point"] is None else tuple(data["point"]),
            None if data["track"] is None else Masklet.from_json(data["track"]),
        )


@dataclass(frozen=True)
class Turn:
    """One earlier round of a dialogue: the question, its regions, and the answer given."""

    question: str
    regions: tuple[Region, ...]
    answer: str

    def to_json(self) -> dict[str, Any]:
        """Return the turn as plain data."""
        return {
            "question": self.question,
            "regions": [region.to_json() for region in self.regions],
            "answer": self.answer,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Turn:
        """Read what ``to_json`` wrote."""
        regions = tuple(Region.from_json(region) for region in data["regions"])
        return cls(data["question"], regions, data["answer"])


@dataclass(frozen=True)
class Sample:
    """One thing asked of a model.

    Attributes:
        id: unique within its benchmark.
        benchmark: name of the benchmark that asks.
        video: what it is asked about.
        text: the question, with one ``<mask>`` per region; the referring expression where the
            benchmark asks for the masks of an expression.
        regions: what the placeholders point at, in order.
        dialogue: earlier rounds, oldest first; empty under ``independent`` history.
        wants: what is wanted back, ``text``, ``masks`` or both.
        seed: for a model that draws random numbers; derived from the run's seed and the id.
        task: what is asked; adapters choose their wording by it, never by the benchmark's name.
            Left out it is told from ``wants`` and ``regions`` as if about a video.

    Raises:
        ValueError: there is no such task.
    """

    id: str
    benchmark: str
    video: Video
    text: str
    regions: tuple[Region, ...] = ()
    dialogue: tuple[Turn, ...] = ()
    wants: frozenset[Wanted] = frozenset({"text", "masks"})
    seed: int = 0
    task: Task = UNTOLD

    def __post_init__(self) -> None:
        """Tell the task where the benchmark does not, and refuse one that is none."""
        if self.task is UNTOLD:
            object.__setattr__(self, "task", told_task(self.wants, bool(self.regions)))
        elif self.task not in TASKS:
            known = ", ".join(TASKS)
            raise ValueError(f"{self.benchmark} asks '{self.task}'; a sample's task is of {known}")

    def to_json(self) -> dict[str, Any]:
        """Return the sample as plain data."""
        return {
            "id": self.id,
            "benchmark": self.benchmark,
            "video": self.video.to_json(),
            "text": self.text,
            "regions": [region.to_json() for region in self.regions],
            "dialogue": [turn.to_json() for turn in self.dialogue],
            "wants": sorted(self.wants),
            "seed": self.seed,
            "task": self.task,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sample:
        """Read what ``to_json`` wrote, also before samples said their task."""
        return cls(
            id=data["id"],
            benchmark=data["benchmark"],
            video=Video.from_json(data["video"]),
            text=data["text"],
            regions=tuple(Region.from_json(region) for region in data["regions"]),
            dialogue=tuple(Turn.from_json(turn) for turn in data["dialogue"]),
            wants=frozenset(data["wants"]),
            seed=data["seed"],
            task=data.get("task", UNTOLD),
        )


def told_task(wants: frozenset[Wanted], marked: bool) -> Task:
    """Tell a task from what is wanted back and whether a region of the video is marked."""
    if "masks" not in wants:
        return "region-description" if marked else "choice"
    return "grounded-chat" if "text" in wants or marked else "referring-segmentation"


@dataclass(frozen=True)
class Segment:
    """One grounded phrase of an answer: its words, or None, and its masklet."""

    phrase: str | None
    masklet: Masklet

    def to_json(self) -> dict[str, Any]:
        """Return the segment as plain data, masks as COCO RLE."""
        return {
            "phrase": self.phrase,
            "masks": self.masklet.rles(),
            "size": [self.masklet.height, self.masklet.width],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Segment:
        """Read what ``to_json`` wrote, checking every mask.

        Raises:
            ValueError: a broken or misshapen mask, a phrase that is no text, a missing field.
        """
        for key in ("size", "phrase", "masks"):
            if key not in data:
                raise ValueError(f"it lacks '{key}'")
        phrase, masks = data["phrase"], data["masks"]
        if phrase is not None and not isinstance(phrase, str):
            raise ValueError(f"its phrase must be a text, not {type(phrase).__name__}")
        if not isinstance(masks, (list, tuple)):
            raise ValueError(f"its masks must be a list, not {type(masks).__name__}")
        height, width = coco_rle.check_size(data["size"])
        return cls(phrase, Masklet.from_rles(masks, height, width))


@dataclass(frozen=True)
class Answer:
    """What a model said: text and, in order, the segments it grounded.

    In grounded text a phrase and its mask are marked ``<p> phrase </p> [SEG]``. An answer without
    segments is a *refusal* where masks were wanted, and is scored; an exception is a *failure*.

    Attributes:
        text: the reply, with its marks.
        segments: one per mask, in the order of ``[SEG]``.
        notes: what the adapter wants recorded (a random frame it drew, a cut text); JSON values.
    """

    text: str
    segments: tuple[Segment, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain data, masks as COCO RLE."""
        return {
            "text": self.text,
            "segments": [segment.to_json() for segment in self.segments],
            "notes": dict(self.notes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Answer:
        """Read what ``to_json`` wrote, checking every mask.

        Raises:
            ValueError: a broken or misshapen mask, with its segment.
        """
        segments = []
        for number, segment in enumerate(data["segments"]):
            try:
                segments.append(Segment.from_json(segment))
            except ValueError as error:
                raise ValueError(f"segment {number}: {error}") from None
        return cls(data["text"], tuple(segments), data.get("notes", {}))


@dataclass(frozen=True)
class Reference:
    """The truth for a sample. Only scoring and an adapter that declares itself an oracle see it.

    Attributes:
        text: the reference answer, with marks, or None where the benchmark has none.
        masklets: one per target, in the order of the answer's phrases.
    """

    text: str | None
    masklets: tuple[Masklet, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the reference as plain data."""
        masklets = [masklet.to_json() for masklet in self.masklets]
        return {"text": self.text, "masklets": masklets}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reference:
        """Read what ``to_json`` wrote."""
        return cls(data["text"], tuple(Masklet.from_json(item) for item in data["masklets"]))
