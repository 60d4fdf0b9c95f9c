"""A description of every object of the mini scenes, by video id and object name."""

from __future__ import annotations

DESCRIPTIONS: dict[str, dict[str, str]] = {
    "0a4d7e31c5b2": {
        "red ball": "A red ball with white patches rolls over the meadow to the right, always a "
        "few steps ahead of a dog, and leaves the picture.",
        "brown dog": "A brown dog with dark hanging ears and a red collar runs to the right after "
        "a ball and passes behind a tree on its way.",
        "white dog": "A white dog with a grey patch on its back comes in from the right and trots "
        "to the left, in front of the other dog.",
    },
    "5c9e20f7d841": {
        "white sheep": "A white woolly sheep with a dark face walks to the left at the back of "
        "the flock, the farthest from the viewer.",
        "black sheep": "A black sheep walks to the left in the middle of the flock.",
        "cream sheep": "A cream-coloured sheep stands still at first, then it walks to the left "
        "at the front of the flock.",
        "sheepdog": "A dark sheepdog with a red collar comes in from the right and follows the "
        "three sheep.",
    },
    "7": {
        "blue fish": "A blue fish with pale stripes swims slowly to the left in the upper half of "
        "the tank.",
        "orange fish": "An orange fish with pale stripes swims to the right, low over a grey rock.",
        "yellow fish": "A yellow fish leaves the tank on the left, comes back after a moment and "
        "swims to the right.",
    },
    "00041": {
        "red ball": "A red ball with light patches rolls over the table to the right; a cup hides "
        "it for a while.",
        "blue cup": "A large blue cup with a light band and a handle stands on the table and does "
        "not move.",
        "toy car": "A small green toy car comes in from the left and drives to the right in front "
        "of the cup.",
    },
    "3f2a9c1b70": {
        "sailboat": "A boat with red sails and a brown hull sails to the right on the far side of "
        "the lake.",
        "white duck": "A white duck with an orange beak swims to the left and passes behind "
        "another duck.",
        "brown duck": "A brown duck with a white neck ring swims to the right near the viewer, "
        "slowing down in the middle.",
    },
    "b81d06e4a9": {
        "blue bus": "A long blue bus with a row of windows drives to the right on the far lane, "
        "past a row of houses.",
        "yellow taxi": "A yellow taxi enters the street from the left and follows a bus.",
        "red car": "A red car enters from the right and drives to the left on the near lane, in "
        "front of the other vehicles.",
    },
    "2400000001": {
        "green ball": "A green ball lies on a carpet, begins to roll when a cat touches it and "
        "comes to rest on the right.",
        "grey cat": "A grey striped cat walks to the right to a ball, leaves the room on the right "
        "and comes back.",
    },
    "2400000002": {
        "white horse": "A white horse with a grey mane stands on the meadow, taking a few small "
        "steps to the left.",
        "brown horse": "A brown horse with a dark mane trots to the right, behind a hedge and in "
        "front of another horse.",
    },
    "2400000003": {
        "brown rabbit": "A brown rabbit hops to the right behind a hedge, leaves the picture and "
        "hops back in from the right.",
        "white rabbit": "A white rabbit with long ears hops to the left in small jumps in front of "
        "a hedge.",
    },
    "2400000004": {
        "blue balloon": "A blue striped hot-air balloon with a basket sinks from the top of the "
        "picture towards the fields and is hidden by another balloon for a while.",
        "red balloon": "A red striped hot-air balloon with a basket rises from the ground into the "
        "sky, in front of another balloon.",
        "gull": "A white gull flies in from the right, beating its wings, and crosses the sky to "
        "the left.",
    },
    "2400000005": {
        "orange truck": "A truck with an orange box and a white cab drives slowly to the right.",
        "green car": "A green car on the near lane overtakes a truck and drives to the right.",
    },
    "2400000006": {
        "white sailboat": "A boat with white sails sails to the left, far out on the evening sea.",
        "red sailboat": "A boat with red sails sails to the right, near the viewer, and passes in "
        "front of another boat.",
        "gull": "A white gull flies in from the left, climbs out of the picture at the top, and "
        "comes back to fly to the right.",
    },
    "2400000007": {
        "turtle": "A green turtle with a dark pattern on its shell crawls slowly to the right over "
        "a sandy beach.",
    },
    "2400000008": {
        "penguin with the yellow scarf": "A penguin with a yellow scarf waddles to the left, "
        "behind a block of ice and behind another penguin.",
        "penguin with the red scarf": "A penguin with a red scarf waddles to the right over the "
        "snow, in front of a block of ice.",
        "penguin with the green scarf": "A penguin with a green scarf stands at the front and in "
        "the end leaves to the right.",
    },
}
