"""Tables for the terminal and as Markdown."""

from __future__ import annotations

from sama_bench.tables import escape
from sama_bench.tables.aligned import GAP, padded, widths_of
from sama_bench.tables.model import Cell, Line, Table, shown_coverage, symbol

BOLD, UNDERLINED, RESET = "\x1b[1m", "\x1b[4m", "\x1b[0m"
STAR = "* differs from the best of its column (corrected p < 0.05)"
PARTIAL = "numbers with less than full coverage are not ranked"


def to_terminal(table: Table, digits: int) -> str:
    """Aligned columns; best in bold, second best underlined (ANSI), footnotes below."""
    heads = [*table.labels, *table.columns, *(["coverage"] if table.incomplete else [])]
    body = [_fields(line, table, digits) for line in table.lines]
    widths = widths_of([heads, *body])
    head = GAP.join(padded(heads, widths, len(table.labels))).rstrip()
    lines = [table.title, head, "-" * (sum(widths) + len(GAP) * (len(widths) - 1))]
    for line, fields in zip(table.lines, body, strict=True):
        shown = padded(fields, widths, len(table.labels))
        for place, cell in enumerate(line.cells, start=len(table.labels)):
            shown[place] = _styled(shown[place], cell)
        lines.append(GAP.join(shown).rstrip())
    return "\n".join([*lines, *footnotes(table)]) + "\n"


def to_markdown(table: Table, digits: int) -> str:
    """A pipe table; best in bold, second best underlined, footnotes below."""
    heads = [*table.labels, *table.columns, *(["coverage"] if table.incomplete else [])]
    right = len(heads) - len(table.labels)
    lines = [
        f"**{escape.markdown(table.title)}**",
        "",
        _piped([escape.markdown(head) for head in heads]),
        _piped(["---"] * len(table.labels) + ["---:"] * right),
    ]
    for line in table.lines:
        fields = [escape.markdown(text) for text in _fields(line, table, digits)]
        for place, cell in enumerate(line.cells, start=len(table.labels)):
            if cell and cell.mark:
                tag = "b" if cell.mark == "best" else "u"
                fields[place] = f"<{tag}>{fields[place]}</{tag}>"
        lines.append(_piped(fields))
    notes = [escape.markdown(note) for note in footnotes(table)]
    return "\n".join([*lines, *(f"\n{note}" for note in notes)]) + "\n"


def number(cell: Cell | None, digits: int) -> str:
    """``57.0 [55.1, 58.9]*†``; ``-`` where nothing was measured, ``n/a`` where no value exists."""
    if cell is None:
        return "-"
    text = "n/a" if cell.value is None else cell.shown(cell.value, digits)
    if cell.low is not None and cell.high is not None:
        text += f" [{cell.shown(cell.low, digits)}, {cell.shown(cell.high, digits)}]"
    return text + "*" * cell.differs + "".join(symbol(note) for note in cell.notes)


def footnotes(table: Table) -> list[str]:
    """The lines below a table."""
    lines = [f"{symbol(place)} {text}" for place, text in enumerate(table.notes)]
    return [*lines, *([STAR] if table.starred else []), *([PARTIAL] if table.incomplete else [])]


def _fields(line: Line, table: Table, digits: int) -> list[str]:
    labels = list(line.labels)
    labels[0] += "".join(symbol(note) for note in line.notes)
    cells = [number(cell, digits) for cell in line.cells]
    return [*labels, *cells, *([shown_coverage(line.coverage)] if table.incomplete else [])]


def _styled(text: str, cell: Cell | None) -> str:
    if cell is None or cell.mark is None:
        return text
    blank = len(text) - len(text.lstrip())
    style = BOLD if cell.mark == "best" else UNDERLINED
    return f"{text[:blank]}{style}{text[blank:]}{RESET}"


def _piped(fields: list[str]) -> str:
    return "| " + " | ".join(fields) + " |"
