"""The kit's data sets: what they are called here, and which kind of result file they write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "choice",
    "mme",
    "hallusion",
    "pope",
    "ocrbench",
    "overall",
    "labelled",
    "video-mme",
    "mmb-video",
]


@dataclass(frozen=True)
class KitDataset:
    """One data set of the kit.

    Attributes:
        benchmark: its name here.
        split: of the benchmark, or None where the result file names splits line by line.
        kind: of its result file.
    """

    benchmark: str
    split: str | None
    kind: Kind


# names as the kit spells them; a longer name also stands for its variants (Video-MME_8frame)
DATASETS = {
    "MME": KitDataset("mme", None, "mme"),
    "MMBench": KitDataset("mmbench", None, "choice"),
    "MMBench_CN": KitDataset("mmbench-cn", None, "choice"),
    "MMBench_DEV_EN": KitDataset("mmbench", "dev_en", "choice"),
    "MMBench_TEST_EN": KitDataset("mmbench", "test_en", "choice"),
    "MMBench_DEV_CN": KitDataset("mmbench-cn", "dev_cn", "choice"),
    "MMBench_TEST_CN": KitDataset("mmbench-cn", "test_cn", "choice"),
    "MMBench_DEV_EN_V11": KitDataset("mmbench-v1.1", "dev_en", "choice"),
    "MMBench_TEST_EN_V11": KitDataset("mmbench-v1.1", "test_en", "choice"),
    "SEEDBench_IMG": KitDataset("seed-bench", "image", "choice"),
    "SEEDBench2": KitDataset("seed-bench-2", None, "choice"),
    "AI2D_TEST": KitDataset("ai2d", "test", "choice"),
    "AI2D_TEST_NO_MASK": KitDataset("ai2d", "test_no_mask", "choice"),
    "MMStar": KitDataset("mmstar", None, "choice"),
    "MMMU_DEV_VAL": KitDataset("mmmu", None, "choice"),
    "ScienceQA_VAL": KitDataset("scienceqa", "val", "choice"),
    "ScienceQA_TEST": KitDataset("scienceqa", "test", "choice"),
    "RealWorldQA": KitDataset("realworldqa", None, "choice"),
    "CCBench": KitDataset("ccbench", None, "choice"),
    "BLINK": KitDataset("blink", None, "choice"),
    "HallusionBench": KitDataset("hallusionbench", None, "hallusion"),
    "POPE": KitDataset("pope", None, "pope"),
    "OCRBench": KitDataset("ocrbench", None, "ocrbench"),
    "ChartQA_TEST": KitDataset("chartqa", "test", "overall"),
    "DocVQA_VAL": KitDataset("docvqa", "val", "overall"),
    "InfoVQA_VAL": KitDataset("infovqa", "val", "overall"),
    "TextVQA_VAL": KitDataset("textvqa", "val", "overall"),
    "MMVet": KitDataset("mmvet", None, "labelled"),
    "MathVista_MINI": KitDataset("mathvista", "mini", "labelled"),
    "Video-MME": KitDataset("video-mme", None, "video-mme"),
    "MMBench-Video": KitDataset("mmbench-video", None, "mmb-video"),
}


def find_dataset(stem: str) -> tuple[str, str, KitDataset] | None:
    """Split ``MathVista_MINI_gpt-4-turbo`` into the data set's name, what follows, and the set.

    What follows names the variant of the data set or the judge; it is empty in the plain case.
    """
    names = [name for name in DATASETS if stem == name or stem.startswith(f"{name}_")]
    if not names:
        return None
    name = max(names, key=len)
    return name, stem[len(name) + 1 :], DATASETS[name]
