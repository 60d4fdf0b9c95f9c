"""Writing a report: the site's own files, its data, and the pictures.

Data lie in small scripts that hand JSON to the page, because a page that was opened from disk may
load scripts and pictures but cannot fetch files. The page puts all text of models and data sets
on the screen as text only.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench.benchmark import Tools
from sama_bench.errors import UserError
from sama_bench.report.collect import Shown, collect, open_runs
from sama_bench.report.frames import FrameWriter
from sama_bench.report.overview import overview
from sama_bench.report.quirks import quirks_that_acted
from sama_bench.report.sample_data import card_data, picture_data, sample_data
from sama_bench.report.select import Filter, check_keys, chosen
from sama_bench.scoring.score import standard_tools
from sama_bench.storage.whole_folder import replacing
from sama_bench.web.pages import embedded

SITE = Path(__file__).parent / "site"
MARK = "report.sama-bench"
"""An empty file that marks a folder as ours to replace."""

PICTURES_A_FILE = 40
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Report:
    """What was written.

    Attributes:
        index: the page to open.
        samples: how many samples have a page.
        fitting: how many fit the filters.
        total: how many the split has.
        pictures: how many pictures were written.
    """

    index: Path
    samples: int
    fitting: int
    total: int
    pictures: int


def write_report(
    runs: Sequence[Path],
    out: Path,
    *,
    data: Path | None = None,
    filters: Sequence[Filter] = (),
    max_samples: int | None = 2_000,
    frame_side: int = 480,
    max_frames: int = 120,
    explain: bool = True,
    tools: Tools | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Report:
    """Write the report of one scored run, or of two of one benchmark side by side.

    Args:
        runs: one or two run folders with ``scores.json``.
        out: folder to write; made when missing, replaced when it is an earlier report.
        data: root of the benchmark's files; by default where the first run found them.
        filters: which samples get a page; the overview is of all.
        max_samples: pages for the worst so many of them; None for all.
        frame_side: longest side of the pictures, pixels.
        max_frames: of a longer video so many frames are shown, evenly spread.
        explain: whether to find the quirks that acted on each sample.
        tools: for phrases and quirks; see ``standard_tools``.
        progress: called with a step, what is done of it, and how much there is.

    Raises:
        UserError: not one or two runs of one benchmark, ``out`` holds something else, a filter
            names nothing, or nothing fits.
    """
    if not 1 <= len(runs) <= 2:
        raise UserError(f"a report shows one run or two side by side, not {len(runs)}")
    benchmark, dataset, opened = open_runs(runs, data)
    tools = tools if tools is not None else standard_tools(captions=False)
    everything = collect(
        dataset, opened, tools, lambda done, total: progress("comparing masks", done, total)
    )
    check_keys(filters, everything)
    samples, fitting = chosen(everything, filters, max_samples)
    if not samples:
        raise UserError("no sample fits the filters; a report needs at least one")
    acted = [
        quirks_that_acted(benchmark, dataset, run.outcome, samples, place, tools) if explain else {}
        for place, run in enumerate(opened)
    ]
    about = overview(benchmark, opened, everything)
    about["shown"] = {"samples": len(samples), "fitting": fitting, "total": len(everything)}
    about["filters"] = [f"{item.key}{item.sign}{item.value}" for item in filters]
    about["explained"] = explain
    entries = {entry.id: entry for entry in dataset.entries}
    with replacing(out, MARK) as folder:
        frames = FrameWriter(folder / "frames", frame_side, max_frames)
        written = _Written(folder, len(opened))
        for number, shown in enumerate(samples):
            item = sample_data(dataset, entries[shown.id], shown, opened, frames, acted)
            written.add(number, shown, item)
            progress("writing pages", number + 1, len(samples))
        written.finish(about)
    return Report(out / "index.html", len(samples), fitting, len(everything), frames.written)


class _Written:
    """The data files of a report, one sample after the other."""

    def __init__(self, out: Path, runs: int) -> None:
        self.data = out / "data"
        self.cards: list[dict[str, Any]] = []
        self._pictures: dict[int, Any] = {}
        (self.data / "samples").mkdir(parents=True)
        (self.data / "pictures").mkdir()
        for file in sorted(SITE.iterdir()):
            if file.suffix in (".html", ".css", ".js"):
                shutil.copyfile(file, out / file.name)

    def add(self, number: int, shown: Shown, item: dict[str, Any]) -> None:
        """Write one sample's page data; keep what the gallery needs."""
        _script(self.data / "samples" / f"{number}.js", f"samples/{number}", item)
        self.cards.append(card_data(number, shown, item))
        self._pictures[number] = picture_data(shown, item)
        if len(self._pictures) == PICTURES_A_FILE:
            self._flush()

    def finish(self, about: dict[str, Any]) -> None:
        """Write the overview and the gallery."""
        self._flush()
        about["pictures_a_file"] = PICTURES_A_FILE
        _script(self.data / "overview.js", "overview", about)
        _script(self.data / "gallery.js", "gallery", self.cards)

    def _flush(self) -> None:
        if self._pictures:
            part = min(self._pictures) // PICTURES_A_FILE
            _script(self.data / "pictures" / f"{part}.js", f"pictures/{part}", self._pictures)
            self._pictures = {}


def _script(path: Path, name: str, data: Any) -> None:
    text = f'report.receive("{name}", {embedded(data)});\n'
    # half a surrogate pair in a model's text becomes its escape, which JavaScript reads back
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
