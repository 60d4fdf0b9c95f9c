"""Texts come from others: nothing in them may steer a terminal, break markup or be evaluated.

What is printed goes through ``clean``, ``one_line`` or ``printable``; what is written, through the
function of its format.
"""

from __future__ import annotations

import json
import re
import unicodedata

_ESCAPE_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])"
)
_STEERING = ("Cc", "Cf", "Zl", "Zp")
"""Unicode categories of what is not printed: control and format characters (among them those that
turn the direction of writing), separators of lines and paragraphs."""
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}


def clean(text: str) -> str:
    """One line of printable text: escape sequences and control characters are gone.

    White space of any kind becomes one space.
    """
    text = " ".join(_ESCAPE_SEQUENCE.sub("", text).split())
    return "".join(c for c in text if unicodedata.category(c) not in (*_STEERING, "Cs"))


def printable(text: str) -> str:
    """Lines of printable text, their spaces kept: nothing in them steers a terminal."""
    plain = _ESCAPE_SEQUENCE.sub("", text.replace("\t", " "))
    return "".join(c for c in plain if c == "\n" or unicodedata.category(c) not in _STEERING)


def one_line(text: str) -> str:
    """A line of printable text, its spaces kept, whatever line breaks it holds."""
    return printable(" ".join(text.splitlines()))


def json_text(text: str) -> str:
    """JSON in which what would steer a terminal is written as its escape; it says the same."""
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in _STEERING else json.dumps(c)[1:-1]
        for c in text
    )


def csv(text: str) -> str:
    """A field of CSV that no spreadsheet takes for a formula: an apostrophe stands before it."""
    text = clean(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def markdown(text: str) -> str:
    """Text of a Markdown table cell: markup and HTML in it are shown, not obeyed."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", text)


def latex(text: str) -> str:
    """Text of LaTeX: its special characters are printed."""
    return "".join(_LATEX.get(character, character) for character in text)


def width(text: str) -> int:
    """Columns that a text takes in a terminal."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)
