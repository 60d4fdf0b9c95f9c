"""What the image benchmarks share: an image as a video of one frame, and where images lie."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sama_bench.benchmark import Finding
from sama_bench.errors import DataError, UserError
from sama_bench.media.frames import image_size, read_image
from sama_bench.nouns import Masklet, Video


def one_frame(mask: Mapping[str, object], size: tuple[int, int]) -> Masklet:
    """Return a masklet of one frame from a checked RLE of (height, width) ``size``."""
    return Masklet(*size, (str(mask["counts"]),))


def as_video(id: str, path: Path, size: tuple[int, int] | None = None) -> Video:
    """Return an image as a video of one frame; its size is read from the file if not known.

    Raises:
        DataError: the size is not known and the file is missing or no image.
    """
    height, width = size or image_size(path)
    return Video(id, (str(path),), height, width)


def image_folder(
    chosen: str | None, roots: Sequence[Path], folders: Sequence[str], example: str
) -> Path:
    """Return the folder that holds the images.

    Args:
        chosen: from ``--option images=DIR``, or None to look for it.
        roots: where to start looking.
        folders: relative to each root, the likeliest first.
        example: file name of one image, by which the folder is known.

    Returns:
        The first folder with the image, else the first that exists, else the likeliest place.

    Raises:
        UserError: the chosen folder does not exist.
    """
    if chosen:
        if not Path(chosen).is_dir():
            raise UserError(f"--option images={chosen}: there is no such folder")
        return Path(chosen)
    places = [root / folder for root in roots for folder in folders]
    for place in places:
        if (place / example).is_file():
            return place
    return next((place for place in places if place.is_dir()), places[0])


def unasked_findings(listed: Iterable[str], asked: Container[str], file: str) -> Iterator[Finding]:
    """Report images of a file that nothing is asked about: the other file does not list them."""
    for id in listed:
        if id not in asked:
            yield Finding("unasked_image", f"{file}, image {id[:80]}", "nothing is asked about it")


def image_findings(
    path: Path, size: tuple[int, int] | None, where: str, deep: bool
) -> Iterator[Finding]:
    """Report an image that is missing, broken or of another size; ``deep`` decodes it whole."""
    if not path.is_file():
        yield Finding("missing_frame", where, f"{path} does not exist", fatal=True)
    else:
        try:
            found = read_image(path).shape[:2] if deep else image_size(path)
        except DataError as error:
            yield Finding("broken_frame", where, str(error), fatal=True)
            return
        if size is not None and found != size:
            detail = f"{path.name} is {found[1]}x{found[0]}, not {size[1]}x{size[0]}"
            yield Finding("frame_size", where, detail, fatal=True)
