"""What is asked about the mini scenes: dialogues in the notation of `dialogue`, by video id."""

from __future__ import annotations

from .dialogue import Round, parse_round

_DIALOGUES: dict[str, tuple[tuple[str, str], ...]] = {
    "0a4d7e31c5b2": (
        (
            "What is {brown dog} doing?",
            "[The brown dog] runs to the right across the meadow, after a ball.",
        ),
        (
            "What does it chase, and does it catch it?",
            "It chases [the red ball], which rolls out of the picture before it is caught.",
        ),
        (
            "Does anything come between {brown dog} and the viewer?",
            "Yes, [the dog|brown dog] passes behind a tree, and [the white dog] crosses in front.",
        ),
        (
            "Is {brown dog} faster than {red ball}?",
            "No, [the rolling ball|red ball] stays ahead of [the brown dog] all the time.",
        ),
        ("Is there a person who throws {red ball}?", "No, there is no person in the video."),
        (
            "Which animals can be seen besides {red ball}?",
            "[Two dogs|brown dog+white dog] can be seen, one brown and one white.",
        ),
    ),
    "5c9e20f7d841": (
        (
            "Where does {black sheep} go?",
            "[The black sheep] walks slowly to the left over the grass.",
        ),
        (
            "Who drives {white sheep}, {black sheep} and {cream sheep}?",
            "[The sheepdog] comes from the right and drives the flock.",
        ),
        (
            "Which animal stands still at first, {white sheep} or {cream sheep}?",
            "[The cream sheep] stands still at first and walks later.",
        ),
        (
            "Please segment the whole flock.",
            "Here are [all the sheep|white sheep+black sheep+cream sheep] of the flock.",
        ),
        ("Does {sheepdog} carry a stick in its mouth?", "No, it carries nothing."),
    ),
    "7": (
        (
            "Where does {yellow fish} swim?",
            "[The yellow fish] leaves the tank on the left side and comes back a little later.",
        ),
        (
            "Which fish swims in the opposite direction to {orange fish}?",
            "[The blue fish] swims to the left, while [the orange fish] swims to the right.",
        ),
        (
            "What happens to {orange fish} in the middle of the tank?",
            "[The orange fish] glides past the top of the rock, and its fins touch it.",
        ),
        ("Is there a shark behind {blue fish}?", "No, only small fish live in this tank."),
    ),
    "00041": (
        (
            "What happens to {red ball}?",
            "[The red ball] rolls behind the cup and appears again on its other side.",
        ),
        (
            "What hides {red ball} for a while?",
            "[The blue cup] hides it; the cup itself does not move.",
        ),
        (
            "What drives past in front of {blue cup}?",
            "[The green toy|toy car], a little car, drives past from the left.",
        ),
        ("Does somebody drink from {blue cup}?", "No, nobody touches the cup."),
    ),
    "3f2a9c1b70": (
        (
            "What does {brown duck} do in the middle of the video?",
            "[The brown duck] slows down, then swims on to the right.",
        ),
        (
            "Who meets {brown duck}?",
            "[The white duck] swims towards it and passes behind it.",
        ),
        (
            "Does {sailboat} stay in one place?",
            "No, [the sailboat] sails to the right along the far side of the lake.",
        ),
        (
            "How many birds are on the water?",
            "There are [two birds|brown duck+white duck], a brown and a white duck.",
        ),
        ("Is a swan next to {white duck}?", "No, there is no swan on the lake."),
    ),
    "b81d06e4a9": (
        ("In which direction does {blue bus} drive?", "[The blue bus] drives to the right."),
        (
            "What drives in front of {blue bus}?",
            "[The red car] drives past in front of it on the near lane, to the left.",
        ),
        (
            "Which vehicle enters the street behind {blue bus}?",
            "[The yellow taxi] enters from the left and follows the bus.",
        ),
        (
            "Which vehicles drive in the same direction as {blue bus}?",
            "[The bus and the taxi|blue bus+yellow taxi] drive in the same direction.",
        ),
        ("Does {red car} hit anything?", "No, it drives on without touching anything."),
    ),
    "2400000001": (
        (
            "What does {grey cat} play with?",
            "[The grey cat] plays with [the green ball] on the carpet.",
        ),
        (
            "Does {grey cat} stay in the room?",
            "[The cat|grey cat] walks out of the picture on the right and then comes back.",
        ),
        ("What sets {green ball} in motion?", "[The grey cat] touches it, and it rolls away."),
        ("Is a second cat next to {green ball}?", "No, there is only one cat."),
    ),
    "2400000002": (
        (
            "What is {brown horse} doing?",
            "[The brown horse] trots to the right, past a hedge.",
        ),
        (
            "Which animal hardly moves while {brown horse} passes?",
            "[The white horse] takes only small steps.",
        ),
        (
            "Which of {brown horse} and {white horse} is nearer to the viewer?",
            "[The brown horse] is nearer; for a while it covers [the white horse].",
        ),
        ("Who rides on {brown horse}?", "Nobody rides on it."),
    ),
    "2400000003": (
        (
            "Where does {brown rabbit} hop?",
            "[The brown rabbit] hops behind the hedge, leaves on the right and comes back again.",
        ),
        (
            "Which animal stays in front of the hedge while {brown rabbit} is gone?",
            "[The white rabbit] stays in front of it and hops to the left.",
        ),
        (
            "Please segment every rabbit.",
            "These are [both rabbits|brown rabbit+white rabbit].",
        ),
        ("Does {white rabbit} eat a carrot?", "No, there is no carrot in the video."),
    ),
    "2400000004": (
        ("How does {red balloon} move?", "[The red balloon] rises steadily."),
        (
            "What does {blue balloon} do while {red balloon} rises?",
            "[The blue balloon] sinks and is hidden by [the red balloon] for a while.",
        ),
        (
            "Which bird appears above {red balloon}?",
            "[A white gull|gull] flies in from the right and crosses the sky.",
        ),
        ("Is {gull} sitting on a roof?", "No, it is flying."),
    ),
    "2400000005": (
        (
            "Which vehicle overtakes {orange truck}?",
            "[The green car] overtakes it on the near lane.",
        ),
        ("What is {orange truck} doing?", "[The orange truck] drives slowly to the right."),
        ("Is there a traffic light in front of {green car}?", "No, there is no traffic light."),
    ),
    "2400000006": (
        (
            "What does {gull} do?",
            "[The gull] flies in from the left, climbs out of the picture and returns later.",
        ),
        (
            "Which boat is farther away than {red sailboat}?",
            "[The white sailboat] is farther away; it sails to the left.",
        ),
        (
            "What happens when {red sailboat} and {white sailboat} meet?",
            "[The red sailboat] passes in front and hides a part of [the white sailboat].",
        ),
        ("Is {white sailboat} on fire?", "No, it sails calmly."),
        (
            "Please segment everything that floats on the water.",
            "[Two boats|white sailboat+red sailboat] float on the water.",
        ),
    ),
    "2400000007": (
        ("Where is {turtle} going?", "[The turtle] crawls to the right over the warm sand."),
    ),
    "2400000008": (
        (
            "In which direction does {penguin with the red scarf} walk?",
            "[The penguin with the red scarf] waddles to the right, past a block of ice.",
        ),
        (
            "Who walks the other way, behind {penguin with the red scarf}?",
            "[The penguin with the yellow scarf] walks to the left behind the ice.",
        ),
        (
            "Which penguin waits before it leaves, and which two move from the start?",
            "[The penguin with the green scarf] waits, while "
            "[the other two|penguin with the red scarf+penguin with the yellow scarf] walk.",
        ),
        ("Does {penguin with the green scarf} swim?", "No, it stays on the snow."),
    ),
}

DIALOGUES: dict[str, tuple[Round, ...]] = {
    video: tuple(parse_round(question, answer) for question, answer in rounds)
    for video, rounds in _DIALOGUES.items()
}
