"""Small drawn scenes in the files and layout of the real benchmarks, generated on first use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from sama_bench.errors import did_you_mean
from sama_bench.storage.cache_folder import kept_folder

from .store import MINI_VERSION, generate_once

__all__ = ["MINI_BENCHMARKS", "MINI_VERSION", "ensure_mini"]

MINI_BENCHMARKS: Mapping[str, str] = MappingProxyType(
    {
        "sama-bench": "sama_files:write_sama_bench",
        "ref-sav": "ref_sav_files:write_ref_sav",
        "mevis": "mevis_files:write_mevis",
        "ref-davis17": "davis_files:write_ref_davis17",
        "revos": "revos_files:write_revos",
        "ref-youtube-vos": "youtube_files:write_ref_youtube_vos",
        "refcoco": "refcoco_files:write_refcoco",
        "refcoco+": "refcoco_files:write_refcoco_plus",
        "refcocog": "refcoco_files:write_refcocog",
        "grefcoco": "refcoco_files:write_grefcoco",
        "gcg": "caption_files:write_gcg",
        "region-captions": "caption_files:write_region_captions",
    }
)
"""What `ensure_mini` can generate, and the module of this folder with the function that writes it
into an empty folder; imported when it is needed, because it draws with OpenCV."""


def ensure_mini(root: Path | None = None, benchmark: str = "sama-bench") -> Path:
    """Return the data root of a generated benchmark, making it on first use (a few seconds).

    `sama-bench` (also by the names of its parts, `sama-bench-g` and `sama-bench-c`) is the embedded
    split `mini`: fourteen videos of 24 to 44 frames in exactly the SAMA-Bench files and layout
    (data protocol, sections 1.1 to 1.4). The others show some of the same scenes in the layouts of
    sections 2 and 3, below the folder that Sa2VA calls its data root (`video_datas/mevis`,
    `ref_sav_eval`, `ref_seg/refcoco`, `glamm_data`, `region_caption`).

    The bytes depend on `MINI_VERSION` and the installed OpenCV and Pillow alone.

    Args:
        root: where the data lies or goes; by default `mini-v<version>/<benchmark>` below
            `$SAMA_BENCH_CACHE` or `~/.cache/sama-bench`.
        benchmark: one of `MINI_BENCHMARKS`.

    Raises:
        UserError: there is no mini of that benchmark, `root` holds other files, or the disk
            refused.
    """
    name = "sama-bench" if benchmark in ("sama-bench-g", "sama-bench-c") else benchmark
    if name not in MINI_BENCHMARKS:
        raise did_you_mean("mini benchmark", benchmark, MINI_BENCHMARKS)
    target = kept_folder(f"mini-v{MINI_VERSION}", name) if root is None else Path(root)
    return generate_once(target, name, partial(_write, name))


def _write(benchmark: str, folder: Path) -> None:
    module, _, function = MINI_BENCHMARKS[benchmark].partition(":")
    getattr(import_module(f"{__name__}.{module}"), function)(folder)
