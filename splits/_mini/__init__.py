"""Small drawn scenes in the files and layout of the real benchmarks, generated on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from sama_bench.errors import did_you_mean
from sama_bench.storage.cache_folder import cache_dir

from .caption_files import write_gcg, write_region_captions
from .davis_files import write_ref_davis17
from .mevis_files import write_mevis
from .ref_sav_files import write_ref_sav
from .refcoco_files import write_grefcoco, write_refcoco, write_refcoco_plus, write_refcocog
from .revos_files import write_revos
from .sama_files import write_sama_bench
from .store import MINI_VERSION, generate_once
from .youtube_files import write_ref_youtube_vos

__all__ = ["MINI_BENCHMARKS", "MINI_VERSION", "ensure_mini"]

MINI_BENCHMARKS: Mapping[str, Callable[[Path], None]] = MappingProxyType(
    {
        "sama-bench": write_sama_bench,
        "ref-sav": write_ref_sav,
        "mevis": write_mevis,
        "ref-davis17": write_ref_davis17,
        "revos": write_revos,
        "ref-youtube-vos": write_ref_youtube_vos,
        "refcoco": write_refcoco,
        "refcoco+": write_refcoco_plus,
        "refcocog": write_refcocog,
        "grefcoco": write_grefcoco,
        "gcg": write_gcg,
        "region-captions": write_region_captions,
    }
)
"""What `ensure_mini` can generate, with the functions that write it into an empty folder."""


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
    target = cache_dir() / f"mini-v{MINI_VERSION}" / name if root is None else Path(root)
    return generate_once(target, name, MINI_BENCHMARKS[name])
