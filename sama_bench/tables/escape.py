"""Names and notes come from others: nothing in them may steer a terminal or break markup."""

from __future__ import annotations

import re
import unicodedata

_ESCAPE_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])"
)
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

    Characters of the Unicode categories Cc and Cf go, among them those that turn the direction of
    writing; white space of any kind becomes one space.
    """
    text = " ".join(_ESCAPE_SEQUENCE.sub("", text).split())
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


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
