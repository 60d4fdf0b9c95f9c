"""Generated captions: ordinary ones, ones that puzzle the tokenizer, and hostile ones."""

from __future__ import annotations

import random

from sama_bench.metrics.captions import CaptionPair

_WORDS = """a the man woman dog cat horse car ball tree street red blue small large old runs jumps
sits holds follows quickly slowly across towards behind near two three while and then it they
video people dies dead killed about says purchase buy automobile kid child begins starts large big
""".split()  # noqa: SIM905

_PUZZLES = [
    *("no.", "J.", "U.S.", "p.m.", "Dr.", "e.g.", "etc.", "St.", "vs.", "3", "3.5", "1/2", "1 1/2"),
    *("2 dogs", "The", "X", "...", "..", "--", "-", "(a", "b)", "[c]", "{d}", "<e f>", "</p>"),
    *('"quoted"', "'s", "don't", "cannot", "gonna", "AT&T", "x@y.com", "http://a.b/c?d=e"),
    *("||| ", "|", "a|||b", "&amp;", "50%", "$5", "#tag", "@me", "ﬁ", "naïve", "日本", "😀"),
    *("well-known", "rock'n'roll", "'90s", "5'10\"", "12:30", "1,000", "-5", "A.B.C.", "a/b", "*"),
]

_NASTY = [
    *("\x00", "\x01", "\x07", "\x1b[31m", "\x7f", "\x85", "\xa0", "\xad", "\u200b", "\u200f"),
    *("\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff", "\U0010ffff", "\u0301" * 20, "\u202e"),
    *(
        "\r",
        "\n",
        "\r\n",
        "\x0b",
        "\x0c",
        "\t",
        "\n\n\n",
        "\x1c",
        "\x1e",
        "|||",
        "||| |||",
        "SCORE",
    ),
    *("EVAL ||| 1 2 3", "<b x='|||'>", "<!--", "<![CDATA[", "]]>", "(((((", ")))))", "''''", '"""'),
    *("\\", "\\n", "%s%n", "${x}", "../../x", "&#10;", "&#x2028;", "-LRB-", "a" * 3000, "." * 500),
]


def text(rng: random.Random, puzzles: float = 0.0, longest: int = 25) -> str:
    """Return a caption; each word is a puzzle with the given chance."""
    words = [
        rng.choice(_PUZZLES) if rng.random() < puzzles else rng.choice(_WORDS)
        for _ in range(rng.randint(0 if puzzles else 3, longest))
    ]
    joined = " ".join(words)
    return joined + rng.choice([".", "", "!", " ?"]) if rng.random() < 0.7 else joined


def pairs(
    rng: random.Random, count: int, puzzles: float = 0.0, references: int = 1
) -> list[CaptionPair]:
    """Return pairs whose predictions share words with their references."""
    result = []
    for _ in range(count):
        true = tuple(text(rng, puzzles) for _ in range(rng.randint(1, references)))
        words = [word for word in true[0].split(" ") if rng.random() < 0.8]
        said = " ".join(words) if rng.random() < 0.8 else text(rng, puzzles)
        result.append(CaptionPair(said, true))
    return result


def hostile(rng: random.Random) -> str:
    """Return a text made to break line protocols, encodings and patterns."""
    parts = []
    for _ in range(rng.randint(0, 6)):
        draw = rng.random()
        if draw < 0.5:
            parts.append(rng.choice(_NASTY))
        elif draw < 0.7:
            parts.append(rng.choice(_PUZZLES))
        elif draw < 0.85:
            parts.append(rng.choice(_WORDS))
        else:
            codes = [rng.choice([rng.randrange(0x250), rng.randrange(0x110000)]) for _ in range(8)]
            parts.append("".join(map(chr, codes)))
    return rng.choice(["", " "]).join(parts)
