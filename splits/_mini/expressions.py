"""Referring expressions about the mini scenes, by video id: text and names of its objects.

Several names joined by `+` mean their union; an empty string means that nothing fits.
"""

from __future__ import annotations

from collections.abc import Mapping

Expressions = Mapping[str, tuple[tuple[str, str], ...]]

MOTION: Expressions = {
    "0a4d7e31c5b2": (
        ("the dog that runs after the ball and passes behind the tree", "brown dog"),
        ("white dog coming in from the right", "white dog"),
        ("the ball rolling away", "red ball"),
        ("dogs moving in opposite directions", "brown dog+white dog"),
        ("the thing that is chased", "red ball"),
    ),
    "5c9e20f7d841": (
        ("the three sheep walking to the left", "white sheep+black sheep+cream sheep"),
        ("the dog that follows the flock", "sheepdog"),
        ("the sheep that stands still at first", "cream sheep"),
        ("the darkest sheep of the flock", "black sheep"),
        ("all moving animals", "white sheep+black sheep+cream sheep+sheepdog"),
    ),
    "7": (
        ("the fish that swims to the left all the time", "blue fish"),
        ("the fish that leaves and comes back", "yellow fish"),
        ("an orange fish swimming over the rock", "orange fish"),
        ("fish with stripes", "blue fish+orange fish+yellow fish"),
    ),
    "3f2a9c1b70": (
        ("a boat with red sails moving slowly to the right", "sailboat"),
        ("a brown duck swimming in front", "brown duck"),
        ("a white duck swimming to the left", "white duck"),
    ),
    "b81d06e4a9": (
        ("a blue bus driving to the right", "blue bus"),
        ("a red car driving against the others", "red car"),
        ("a yellow taxi behind the bus", "yellow taxi"),
        ("the two vehicles driving in one direction", "blue bus+yellow taxi"),
    ),
    "2400000003": (
        ("the rabbit that hops behind the hedge", "brown rabbit"),
        ("white rabbit making small jumps to the left", "white rabbit"),
        ("both hopping animals", "brown rabbit+white rabbit"),
    ),
    "2400000004": (
        ("a red hot-air balloon that rises", "red balloon"),
        ("a blue hot-air balloon that sinks", "blue balloon"),
        ("a bird crossing the sky", "gull"),
    ),
    "2400000006": (
        ("the bird that flies out of the picture and returns", "gull"),
        ("the boat that sails to the left", "white sailboat"),
        ("two boats passing each other", "white sailboat+red sailboat"),
    ),
    "2400000007": (("a turtle crawling over the sand", "turtle"),),
}
"""In the manner of MeViS and Ref-YouTube-VOS: what moves how."""

REASONING: Expressions = {
    "3f2a9c1b70": (
        ("Which of these could carry people across the lake?", "sailboat"),
        ("Who has feathers and can swim?", "white duck+brown duck"),
        ("the one that needs wind to move", "sailboat"),
    ),
    "b81d06e4a9": (
        ("Which vehicle should you take if you travel with thirty friends?", "blue bus"),
        ("the vehicle that you can hail and pay for a ride", "yellow taxi"),
        ("Which vehicles are made for at most five people?", "red car+yellow taxi"),
    ),
    "2400000001": (
        ("Which of them is alive?", "grey cat"),
        ("the toy in the room", "green ball"),
    ),
    "5c9e20f7d841": (
        ("Whose wool could be spun into white yarn?", "white sheep+cream sheep"),
        ("Who works for the shepherd?", "sheepdog"),
    ),
}
"""In the manner of ReVOS: what has to be thought about."""

ABSENT: tuple[str, ...] = ("the green dragon", "a man with a red umbrella", "the zebra")
"""Nothing in any scene fits these."""
