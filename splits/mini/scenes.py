"""The fourteen scenes of the mini split: who moves where."""

from __future__ import annotations

from .story import Actor, Scene

_MEADOW_DOGS = Scene(
    "mevis", "mevis", "0a4d7e31c5b2", 256, 144, 40, "meadow",
    (
        Actor("red ball", "ball", (215, 45, 45), 20, ((0, 84, 104), (39, 296, 108)), 0.09),
        Actor("brown dog", "dog", (150, 95, 50), 56, ((0, 34, 112), (39, 232, 114)), 0.14),
        Actor("tree", "tree", (70, 130, 60), 92, ((0, 142, 122),), role="unannotated"),
        Actor(
            "white dog", "dog", (228, 222, 208), 62,
            ((0, 320, 138), (10, 300, 138), (39, 66, 139)), 0.15,
        ),
    ),
)  # fmt: skip

_FLOCK = Scene(
    "mevis", "mevis", "5c9e20f7d841", 240, 136, 36, "meadow",
    (
        Actor("white sheep", "sheep", (240, 238, 228), 44, ((0, 250, 92), (35, 140, 90)), 0.08),
        Actor("black sheep", "sheep", (72, 68, 72), 46, ((0, 200, 106), (35, 62, 104)), 0.09),
        Actor(
            "cream sheep", "sheep", (225, 200, 160), 48,
            ((0, 150, 124), (12, 150, 124), (35, 34, 122)), 0.08,
        ),
        Actor(
            "sheepdog", "dog", (60, 60, 70), 46,
            ((0, 350, 116), (6, 330, 116), (35, 190, 120)), 0.18,
        ),
    ),
    pan=(62, 4),
)  # fmt: skip

_AQUARIUM = Scene(
    "lvvis", "lvvis_0", "7", 224, 144, 34, "aquarium",
    (
        Actor(
            "blue fish", "fish", (60, 90, 215), 40, ((0, 196, 62), (33, 40, 74)), 0.12,
            shadow=False,
        ),
        Actor(
            "orange fish", "fish", (240, 125, 35), 46, ((0, 26, 108), (33, 196, 100)), 0.13,
            shadow=False,
        ),
        Actor("rock", "rock", (120, 115, 110), 60, ((0, 112, 134),), role="scenery"),
        Actor(
            "yellow fish", "fish", (240, 210, 50), 42,
            ((0, 66, 60), (12, -34, 54), (18, -34, 70), (33, 104, 82)), 0.14, shadow=False,
        ),
    ),
)  # fmt: skip

_TABLE = Scene(
    "lvvis", "lvvis_1", "00041", 192, 128, 30, "table",
    (
        Actor("red ball", "ball", (210, 50, 45), 32, ((0, 22, 92), (24, 164, 92)), 0.07),
        Actor("blue cup", "cup", (60, 105, 190), 54, ((0, 98, 106),)),
        Actor(
            "toy car", "car", (70, 165, 80), 44,
            ((0, -40, 120), (6, -34, 120), (29, 128, 120)), 0.12,
        ),
    ),
)  # fmt: skip

_LAKE = Scene(
    "ref_youtube_vos", "ref_youtube_vos_0", "3f2a9c1b70", 256, 160, 36, "lake",
    (
        Actor(
            "sailboat", "sailboat", (225, 70, 60), 62, ((0, 40, 82), (35, 198, 84)), 0.03,
            shadow=False, still=True,
        ),
        Actor("white duck", "duck", (240, 238, 230), 46, ((0, 238, 112), (35, 118, 116)), 0.06),
        Actor(
            "brown duck", "duck", (150, 105, 65), 52,
            ((0, 70, 140), (12, 118, 138), (22, 130, 138), (35, 200, 142)), 0.06,
        ),
    ),
)  # fmt: skip

_STREET = Scene(
    "ref_youtube_vos", "ref_youtube_vos_1", "b81d06e4a9", 256, 144, 40, "street",
    (
        Actor("blue bus", "bus", (50, 95, 180), 86, ((0, 52, 104), (39, 206, 104)), 0.06),
        Actor(
            "yellow taxi", "car", (240, 195, 40), 56,
            ((0, -40, 112), (14, -36, 112), (39, 104, 112)), 0.12,
        ),
        Actor(
            "red car", "car", (200, 45, 45), 62,
            ((0, 290, 136), (4, 276, 136), (39, 20, 136)), 0.15,
        ),
    ),
)  # fmt: skip

_CAT = Scene(
    "VidSTG", "VidSTG_0", "2400000001", 208, 144, 36, "room",
    (
        Actor(
            "green ball", "ball", (60, 160, 75), 24,
            ((0, 118, 118), (12, 120, 118), (26, 178, 120), (35, 180, 120)), 0.05,
        ),
        Actor(
            "grey cat", "cat", (135, 135, 145), 58,
            ((0, 44, 128), (10, 92, 130), (15, 92, 130), (27, 254, 132), (30, 254, 132),
             (35, 206, 134)), 0.12,
        ),
    ),
)  # fmt: skip

_HORSES = Scene(
    "VidSTG", "VidSTG_1", "2400000002", 224, 144, 36, "meadow",
    (
        Actor("white horse", "horse", (228, 224, 214), 62, ((0, 176, 104), (35, 158, 104)), 0.03),
        Actor("brown horse", "horse", (140, 80, 45), 70, ((0, 30, 124), (35, 190, 126)), 0.13),
        Actor("hedge", "hedge", (60, 110, 50), 52, ((0, 96, 138),), role="scenery"),
    ),
)  # fmt: skip

_RABBIT = Scene(
    "VidSTG", "VidSTG_2", "2400000003", 192, 128, 44, "meadow",
    (
        Actor(
            "brown rabbit", "rabbit", (160, 115, 75), 36,
            ((0, 28, 102), (26, 164, 104), (30, 222, 104), (33, 222, 110), (43, 134, 114)), 0.16, 9,
        ),
        Actor("hedge", "hedge", (55, 105, 55), 60, ((0, 86, 108),), role="scenery"),
        Actor(
            "white rabbit", "rabbit", (235, 232, 225), 38,
            ((0, 162, 122), (20, 120, 122), (43, 40, 122)), 0.12, 5,
        ),
    ),
)  # fmt: skip

_BALLOONS = Scene(
    "VidSTG", "VidSTG_3", "2400000004", 128, 192, 36, "sky",
    (
        Actor(
            "blue balloon", "balloon", (55, 95, 200), 66, ((0, 84, 70), (35, 66, 174)), 0.04,
            shadow=False,
        ),
        Actor(
            "red balloon", "balloon", (215, 55, 50), 78, ((0, 42, 178), (35, 54, 92)), 0.04,
            shadow=False,
        ),
        Actor(
            "gull", "gull", (235, 235, 238), 38, ((0, 156, 58), (12, 150, 58), (35, 22, 34)), 0.16,
            shadow=False,
        ),
    ),
)  # fmt: skip

_ROAD = Scene(
    "VidSTG", "VidSTG_4", "2400000005", 240, 136, 28, "street",
    (
        Actor("orange truck", "truck", (225, 125, 45), 88, ((0, 70, 102), (27, 150, 102)), 0.07),
        Actor("green car", "car", (55, 140, 85), 60, ((0, 30, 126), (27, 206, 126)), 0.12),
    ),
)  # fmt: skip

_SEA = Scene(
    "VidSTG", "VidSTG_5", "2400000006", 256, 144, 44, "sea",
    (
        Actor(
            "white sailboat", "sailboat", (238, 236, 228), 58, ((0, 214, 92), (43, 70, 94)), 0.03,
            shadow=False,
        ),
        Actor(
            "red sailboat", "sailboat", (205, 60, 55), 76, ((0, 62, 124), (43, 186, 126)), 0.03,
            shadow=False,
        ),
        Actor(
            "gull", "gull", (236, 236, 240), 40,
            ((0, -60, 50), (5, -40, 50), (22, 120, 40), (27, 120, 26), (30, 128, -14),
             (34, 150, -14), (43, 212, 48)), 0.15, shadow=False,
        ),
    ),
)  # fmt: skip

_TURTLE = Scene(
    "VidSTG", "VidSTG_6", "2400000007", 192, 128, 24, "beach",
    (Actor("turtle", "turtle", (95, 120, 60), 58, ((0, 48, 104), (23, 120, 112)), 0.06),),
)  # fmt: skip

_PENGUINS = Scene(
    "VidSTG", "VidSTG_7", "2400000008", 224, 144, 34, "snow",
    (
        Actor("penguin with the yellow scarf", "penguin", (235, 195, 40), 50,
              ((0, 186, 104), (33, 60, 100)), 0.11),
        Actor("ice block", "rock", (175, 205, 230), 46, ((0, 116, 118),), role="scenery"),
        Actor("penguin with the red scarf", "penguin", (210, 45, 50), 58,
              ((0, 42, 126), (33, 158, 128)), 0.1),
        Actor("penguin with the green scarf", "penguin", (60, 155, 80), 64,
              ((0, 196, 138), (20, 196, 138), (33, 214, 138)), 0.08),
    ),
)  # fmt: skip

SCENES: tuple[Scene, ...] = (
    _MEADOW_DOGS, _FLOCK, _AQUARIUM, _TABLE, _LAKE, _STREET, _CAT,
    _HORSES, _RABBIT, _BALLOONS, _ROAD, _SEA, _TURTLE, _PENGUINS,
)  # fmt: skip
