"""Ref-YouTube-VOS: expressions whose masks a server keeps (data protocol 2, referring 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sama_bench.benchmark import (
    Answers,
    Benchmark,
    Dataset,
    Finding,
    HumanSource,
    Option,
    Protocol,
    Scores,
    Server,
    Tools,
)
from sama_bench.errors import DataError, UserError
from sama_bench.splits._files.folders import find_folder
from sama_bench.splits._mini.embedded import MINI, with_mini
from sama_bench.splits._referring.dataset import ReferringDataset, Source
from sama_bench.splits._referring.meta_expressions import MetaExpressions, read_meta_expressions
from sama_bench.storage.untrusted_files import read_bytes

META = "meta_expressions/valid/meta_expressions.json"
TEST_META = "meta_expressions/test/meta_expressions.json"
FOLDERS = ("", "rvos", "video_datas/rvos", "data/video_datas/rvos", "ref_youtube_vos")

VALID_VIDEOS = 202
OPTIONS: Mapping[str, Option] = {
    "videos": (
        "all",
        "all",
        "all that the file lists (it holds test videos too), 202 for the validation videos alone "
        "(those that the test file does not list), or a text file with one name a line",
    ),
}


SOURCE = HumanSource(
    "youtube-vos",
    "YouTube-VOS and Ref-YouTube-VOS: videos and expressions",
    "https://youtube-vos.org/dataset/rvos/",
    "the terms of use have to be accepted with a registered account",
    (
        "Register, accept the terms and download the valid videos and meta_expressions.",
        "For the benchmark ref-youtube-vos: unpack to {data}/video_datas/rvos/valid/JPEGImages "
        "and {data}/video_datas/rvos/meta_expressions/valid.",
        "For SAMA-Bench: put the frames at {data}/ref_youtube_vos/valid/JPEGImages.",
    ),
)


class RefYoutubeVosDataset(ReferringDataset):
    """A split of Ref-YouTube-VOS, opened."""

    def score(self, answers: Answers, protocols: Sequence[Protocol], tools: Tools) -> Scores:
        """Count the answers; the server scores them."""
        from sama_bench.splits._referring.score import unscored

        return unscored(self, answers, protocols)


class RefYoutubeVos(Benchmark):
    """Ref-YouTube-VOS, validation."""

    name = "ref-youtube-vos"
    title = "Ref-YouTube-VOS"
    order = 100
    headlines = ("j_and_f",)
    splits = ("valid", "mini")
    embedded = ("mini",)
    sources = (SOURCE,)
    server = Server(("valid",), "Annotations/")
    metrics = ("j", "f", "j_and_f")
    options = OPTIONS
    licence = "YouTube-VOS terms; register on the CodaLab page of the challenge"

    def open(self, root: Path | None, split: str, options: Mapping[str, str]) -> Dataset:
        """List the split; frames lie in ``valid/JPEGImages/<video>/<frame>.jpg``."""
        root, _ = with_mini(root, self.name, split, "valid")
        folder = find_folder(root, self.name, FOLDERS, META)
        listed = read_meta_expressions(folder / META)
        meta = restrict(listed, folder, options.get("videos", "all"))
        remarks, number = [], len(meta.videos)
        if number > VALID_VIDEOS and split != MINI:
            detail = f"{number} videos; {VALID_VIDEOS} of them count on the server"
            hint = "" if options.get("videos", "all") != "all" else ", see --option videos"
            remarks.append(Finding("count", META, detail + hint))
        short = number < VALID_VIDEOS and split != MINI
        return RefYoutubeVosDataset(
            Source(
                benchmark=self.name,
                split=split,
                folder=folder,
                meta=meta,
                frames=folder / "valid" / "JPEGImages",
                masks=None,
                remarks=tuple(remarks),
                published={"videos": (number, VALID_VIDEOS)} if short else {},
            )
        )


def restrict(meta: MetaExpressions, folder: Path, videos: str) -> MetaExpressions:
    """Keep all videos, those that the test file does not list, or those of a text file.

    Raises:
        DataError: the file that says which is missing or malformed.
        UserError: the text file names a video that is not there.
    """
    if videos == "all":
        return meta
    known = {video.id for video in meta.videos}
    if videos == str(VALID_VIDEOS):
        kept = known - {video.id for video in read_meta_expressions(folder / TEST_META).videos}
    else:
        raw, _ = read_bytes(Path(videos))
        try:
            kept = set(raw.decode("utf-8").split())
        except UnicodeDecodeError:
            raise DataError(f"{videos} is not a text file with one video a line") from None
        unknown = sorted(kept - known)
        if unknown:
            raise UserError(
                f"{videos} names {len(unknown)} unknown videos, first {unknown[0][:80]}"
            )
    return replace(meta, videos=tuple(video for video in meta.videos if video.id in kept))


BENCHMARKS = (RefYoutubeVos(),)
