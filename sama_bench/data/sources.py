"""Where the files of the benchmarks come from: hub data sets, and places that need a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


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


_SAMA_FILES = frozenset(
    {
        "mevis.json", "lvvis_0.json", "lvvis_1.json",
        "ref_youtube_vos_0.json", "ref_youtube_vos_1.json",
        *(f"VidSTG_{number}.json" for number in range(8)),
        "Mevis_mask_dict_val.json", "LVVIS_mask_dict_val.json",
        "RefYoutube_mask_dict_val.json", "VidSTG_mask_dict_val_updated.json",
    }
)  # fmt: skip

_HUB = (
    HubSource(
        "sama-bench",
        "Sunye2311/SAMA_Dataset",
        "SAMA-Bench: the 13 split files and the 4 mask dictionaries",
        wanted=_SAMA_FILES,
        next=("mevis", "lvvis", "youtube-vos", "vidstg"),
    ),
    HubSource("ref-sav", "Dense-World/Sa2VA-Eval", "Ref-SAV evaluation set", next=("sa-v",)),
    HubSource(
        "mevis-qframe",
        "QuanzhuNiu/MeViS-Qframe",
        "frames that SaSaSa2VA's q_frame mode looks at in MeViS",
        folder="mevis_q_frame",
        next=("mevis",),
    ),
)

_HUMAN = (
    HumanSource(
        "mevis",
        "MeViS: videos, expressions, masks of valid_u",
        "https://github.com/henghuiding/MeViS",
        "its licence is for non-commercial research, and its links lead to file hosts with forms",
        (
            "Read the licence on the page and download valid_u, valid and test from its links.",
            "For the benchmark mevis: unpack to {data}/video_datas/mevis/valid_u, valid, test.",
            "For SAMA-Bench: put the frames of valid_u at {data}/mevis/val_u/JPEGImages.",
        ),
    ),
    HumanSource(
        "lvvis",
        "LV-VIS: videos of the validation set",
        "https://github.com/haochenheheda/LVVIS",
        "its licence is for non-commercial research and has to be accepted",
        (
            "Read the licence on the page and download the validation videos.",
            "For SAMA-Bench: unpack to {data}/lvvis/val/JPEGImages/<5-digit video>/.",
        ),
    ),
    HumanSource(
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
    ),
    HumanSource(
        "vidstg",
        "VidSTG: videos (from VidOR) and annotations",
        "https://github.com/Guaranteer/VidSTG-Dataset",
        "the videos belong to VidOR, whose terms have to be accepted",
        (
            "Download the videos and annotations that the page names, into two folders of "
            "<id>.mp4 and <id>.json.",
            "Extract the frames: sama-bench data prepare vidstg --videos VIDEOS "
            "--annotations ANNOTATIONS --data {data}",
        ),
    ),
    HumanSource(
        "sa-v",
        "SA-V: the videos of Ref-SAV",
        "https://ai.meta.com/datasets/segment-anything-video/",
        "a form has to be filled in; the data are under CC BY 4.0",
        (
            "Needed only where the fetched Ref-SAV files hold no frames.",
            "Fill in the form and download the SA-V training videos that "
            "meta_expressions_valid.json names.",
            "Put every 4th frame at {data}/ref_sav_eval/videos/<video>/<frame>.jpg, named as in "
            "meta_expressions_valid.json.",
        ),
    ),
)

_COPIES = (
    "Sa2VA's training data (https://huggingface.co/datasets/Dense-World/Sa2VA-Training) carry most "
    "of these files in this layout; the original licences hold for them too."
)
_COCO = (
    "Download train2014 from https://cocodataset.org/#download to "
    "{data}/glamm_data/images/coco2014/train2014."
)

_SCATTERED = (
    HumanSource(
        "ref-davis17",
        "Ref-DAVIS17: DAVIS 2017 videos and annotations, referring expressions",
        "https://davischallenge.org/davis2017/code.html",
        "DAVIS is for non-commercial research, and its expressions are published elsewhere",
        (
            "Download DAVIS 2017 trainval 480p (unsupervised) to {data}/video_datas/davis17/DAVIS.",
            "Put meta_expressions/valid/meta_expressions.json, valid/mask_dict.pkl and "
            "valid/JPEGImages below {data}/video_datas/davis17.",
            _COPIES,
        ),
    ),
    HumanSource(
        "revos",
        "ReVOS: expressions, masks, and videos of LV-VIS, MOSE, OVIS, TAO and UVO",
        "https://github.com/cilinyan/ReVOS-api",
        "its videos come from five data sets, each with terms of its own",
        (
            "Download meta_expressions_valid_.json, mask_dict.json and mask_dict_foreground.json "
            "from the page to {data}/video_datas/revos.",
            "Put the videos' folders of frames beside them, as the page describes.",
            _COPIES,
            "Check the three files: sama-bench data verify revos --data {data}",
        ),
    ),
    HumanSource(
        "refcoco",
        "RefCOCO, RefCOCO+ and RefCOCOg: references, and images of COCO train2014",
        "https://github.com/lichengunc/refer",
        "its files lie on several hosts, and the images under terms of their own",
        (
            "Download refcoco, refcoco+ and refcocog with refs(unc).p, refs(umd).p and "
            "instances.json to {data}/ref_seg.",
            _COCO,
        ),
    ),
    HumanSource(
        "grefcoco",
        "gRefCOCO: references with none or several targets, and images of COCO train2014",
        "https://github.com/henghuiding/gRefCOCO",
        "its files lie behind links to file hosts, and the images under terms of their own",
        (
            "Download grefs(unc).json and instances.json to {data}/ref_seg/grefcoco.",
            _COCO,
        ),
    ),
    HumanSource(
        "gcg",
        "GCG (GranD-f): captions, masks and images of val and test",
        "https://github.com/mbzuai-oryx/groundingLMM",
        "its images come from COCO, Flickr30k and Open-PSG, each with terms of its own",
        (
            "Follow the page's description of GranD-f.",
            "Put the images of val and test at {data}/glamm_data/images/grandf/val_test, and the "
            "annotations at {data}/glamm_data/annotations/gcg_val_test.",
        ),
    ),
    HumanSource(
        "region-captions",
        "Region captions (RefCOCOg): annotations, and images of COCO train2014",
        "https://github.com/mbzuai-oryx/groundingLMM",
        "its files lie on several hosts, and the images under terms of their own",
        (
            "Put finetune_refcocog_val_with_mask.json at {data}/region_caption/refcocog, and "
            "finetune_refcocog_val_captions.json at {data}/region_caption/mdetr_annotations.",
            _COCO,
        ),
    ),
)

HUB_SOURCES: Mapping[str, HubSource] = MappingProxyType({item.name: item for item in _HUB})
"""What ``sama-bench data fetch`` downloads, by name."""

HUMAN_SOURCES: Mapping[str, HumanSource] = MappingProxyType(
    {item.name: item for item in (*_HUMAN, *_SCATTERED)}
)
"""What it can only explain, by name."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "sama-bench-g": "sama-bench",
        "sama-bench-c": "sama-bench",
        "ref-youtube-vos": "youtube-vos",
        "refcoco+": "refcoco",
        "refcocog": "refcoco",
        **{item.repo: item.name for item in _HUB},
    }
)
"""Other names under which a user may ask."""
