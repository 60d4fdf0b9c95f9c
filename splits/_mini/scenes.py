"""The fourteen scenes of the mini split: who moves where."""

from __future__ import annotations

from .story import Actor, Scene

_MEADOW_DOGS = Scene(
    "mevis", "mevis", "0a4d7e31c5b2", 256, 144, 40, "meadow",
    (
        Actor("red ball", "ball", (215, 45, 45), 26, ((0, 134, 106), (39, 282, 110)), 0.06),
        Actor("brown dog", "dog", (150, 95, 50), 64, ((0, 42, 114), (39, 172, 116)), 0.1),
        Actor("tree", "tree", (70, 130, 60), 92, ((0, 104, 122),), role="unannotated"),
        Actor(
            "white dog", "dog", (228, 222, 208), 66,
            ((0, 320, 138), (4, 296, 138), (39, 172, 139)), 0.11,
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
            "blue fish", "fish", (60, 90, 215), 40, ((0, 188, 62), (33, 92, 72)), 0.1,
            shadow=False,
        ),
        Actor(
            "orange fish", "fish", (240, 125, 35), 46, ((0, 42, 112), (33, 146, 108)), 0.1,
            shadow=False,
        ),
        Actor("rock", "rock", (120, 115, 110), 60, ((0, 112, 134),), role="scenery"),
        Actor(
            "yellow fish", "fish", (240, 210, 50), 42,
            ((0, 40, 60), (3, 38, 60), (15, -32, 54), (20, -32, 70), (33, 50, 78)), 0.12,
            shadow=False,
        ),
    ),
)  # fmt: skip

_TABLE = Scene(
    "lvvis", "lvvis_1", "00041", 192, 128, 30, "table",
    (
        Actor("red ball", "ball", (210, 50, 45), 32, ((0, 32, 92), (29, 154, 92)), 0.05),
        Actor("blue cup", "cup", (60, 105, 190), 54, ((0, 98, 106),)),
        Actor(
            "toy car", "car", (70, 165, 80), 44,
            ((0, -40, 120), (3, -30, 120), (29, 88, 120)), 0.1,
        ),
    ),
)  # fmt: skip

_LAKE = Scene(
    "ref_youtube_vos", "ref_youtube_vos_0", "3f2a9c1b70", 256, 160, 36, "lake",
    (
        Actor(
            "sailboat", "sailboat", (225, 70, 60), 62, ((0, 66, 82), (35, 156, 84)), 0.03,
            shadow=False, still=True,
        ),
        Actor("white duck", "duck", (240, 238, 230), 46, ((0, 208, 112), (35, 112, 116)), 0.06),
        Actor(
            "brown duck", "duck", (150, 105, 65), 52,
            ((0, 62, 140), (12, 92, 138), (22, 98, 138), (35, 136, 142)), 0.06,
        ),
    ),
)  # fmt: skip

_STREET = Scene(
    "ref_youtube_vos", "ref_youtube_vos_1", "b81d06e4a9", 256, 144, 40, "street",
    (
        Actor("blue bus", "bus", (50, 95, 180), 86, ((0, 72, 104), (39, 176, 104)), 0.05),
        Actor(
            "yellow taxi", "car", (240, 195, 40), 56,
            ((0, -40, 112), (12, -36, 112), (39, 78, 112)), 0.1,
        ),
        Actor(
            "red car", "car", (200, 45, 45), 62,
            ((0, 296, 136), (2, 282, 136), (39, 128, 136)), 0.1,
        ),
    ),
)  # fmt: skip

_CAT = Scene(
    "VidSTG", "VidSTG_0", "2400000001", 208, 144, 44, "room",
    (
        Actor(
            "green ball", "ball", (60, 160, 75), 28,
            ((0, 148, 120), (9, 148, 120), (22, 180, 122), (43, 182, 122)), 0.03,
        ),
        Actor(
            "grey cat", "cat", (135, 135, 145), 58,
            ((0, 76, 128), (8, 106, 130), (12, 106, 130), (32, 246, 132), (35, 246, 132),
             (43, 196, 134)), 0.1,
        ),
    ),
)  # fmt: skip

_HORSES = Scene(
    "VidSTG", "VidSTG_1", "2400000002", 224, 144, 36, "meadow",
    (
        Actor("white horse", "horse", (228, 224, 214), 62, ((0, 176, 104), (35, 158, 104)), 0.03),
        Actor("brown horse", "horse", (140, 80, 45), 70, ((0, 44, 124), (35, 150, 126)), 0.1),
        Actor("hedge", "hedge", (60, 110, 50), 52, ((0, 96, 138),), role="scenery"),
    ),
)  # fmt: skip

_RABBIT = Scene(
    "VidSTG", "VidSTG_2", "2400000003", 192, 128, 44, "meadow",
    (
        Actor(
            "brown rabbit", "rabbit", (160, 115, 75), 36,
            ((0, 40, 102), (24, 152, 104), (30, 214, 104), (33, 214, 110), (43, 150, 114)), 0.12, 7,
        ),
        Actor("hedge", "hedge", (55, 105, 55), 60, ((0, 86, 108),), role="scenery"),
        Actor(
            "white rabbit", "rabbit", (235, 232, 225), 38,
            ((0, 150, 122), (20, 122, 122), (43, 74, 122)), 0.1, 4,
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
        Actor("orange truck", "truck", (225, 125, 45), 88, ((0, 84, 102), (27, 140, 102)), 0.05),
        Actor("green car", "car", (55, 140, 85), 60, ((0, 46, 126), (27, 162, 126)), 0.1),
    ),
)  # fmt: skip

_SEA = Scene(
    "VidSTG", "VidSTG_5", "2400000006", 256, 144, 44, "sea",
    (
        Actor(
            "white sailboat", "sailboat", (238, 236, 228), 58, ((0, 192, 92), (43, 100, 94)), 0.03,
            shadow=False,
        ),
        Actor(
            "red sailboat", "sailboat", (205, 60, 55), 76, ((0, 82, 124), (43, 162, 126)), 0.03,
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
              ((0, 172, 104), (33, 82, 100)), 0.08),
        Actor("ice block", "rock", (175, 205, 230), 46, ((0, 116, 118),), role="scenery"),
        Actor("penguin with the red scarf", "penguin", (210, 45, 50), 58,
              ((0, 58, 126), (33, 142, 128)), 0.08),
        Actor("penguin with the green scarf", "penguin", (60, 155, 80), 64,
              ((0, 184, 138), (18, 184, 138), (33, 232, 138)), 0.08),
    ),
)  # fmt: skip

SCENES: tuple[Scene, ...] = (
    _MEADOW_DOGS, _FLOCK, _AQUARIUM, _TABLE, _LAKE, _STREET, _CAT,
    _HORSES, _RABBIT, _BALLOONS, _ROAD, _SEA, _TURTLE, _PENGUINS,
)  # fmt: skip
