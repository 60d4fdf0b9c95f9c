"""Tables as LaTeX: booktabs, best in bold, second best underlined, notes below the rule."""

from __future__ import annotations

from sama_bench.tables import escape
from sama_bench.tables.model import Cell, Line, Table, shown_coverage, symbol
from sama_bench.tables.text import PARTIAL

_SYMBOLS = {"†": r"\dagger", "‡": r"\ddagger", "§": r"\S", "¶": r"\P", "‖": r"\|"}
_STAR = r"$^{*}$ differs from the best of its column (corrected $p < 0.05$)"


def to_latex(table: Table, digits: int) -> str:
    r"""A ``table`` float that needs ``\usepackage{booktabs}`` and nothing else."""
    heads = [*table.labels, *table.columns, *(["coverage"] if table.incomplete else [])]
    columns = "l" * len(table.labels) + "r" * (len(heads) - len(table.labels))
    body = [_row(_fields(line, table, digits)) for line in table.lines]
    lines = [
        "% needs \\usepackage{booktabs}",
        r"\begin{table}[t]",
        r"\centering",
        rf"\caption{{{escape.latex(table.title)}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _row([escape.latex(head) for head in heads]),
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        *_below(_footnotes(table)),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _fields(line: Line, table: Table, digits: int) -> list[str]:
    labels = [escape.latex(label) for label in line.labels]
    labels[0] += _raised(line.notes)
    cells = [_number(cell, digits) for cell in line.cells]
    coverage = [escape.latex(shown_coverage(line.coverage))] if table.incomplete else []
    return [*labels, *cells, *coverage]


def _number(cell: Cell | None, digits: int) -> str:
    if cell is None:
        return "--"
    text = "n/a" if cell.value is None else cell.shown(cell.value, digits).replace("-", "$-$")
    if cell.mark:
        text = rf"\textbf{{{text}}}" if cell.mark == "best" else rf"\underline{{{text}}}"
    if cell.low is not None and cell.high is not None:
        ends = f"[{cell.shown(cell.low, digits)}, {cell.shown(cell.high, digits)}]"
        text += rf" {{\scriptsize {ends}}}"
    return text + ("$^{*}$" if cell.differs else "") + _raised(cell.notes)


def _footnotes(table: Table) -> list[str]:
    lines = [f"{_raised((place,))} {escape.latex(text)}" for place, text in enumerate(table.notes)]
    return [*lines, *([_STAR] if table.starred else []), *([PARTIAL] if table.incomplete else [])]


def _below(notes: list[str]) -> list[str]:
    """Notes stand below the tabular, so that a long one does not widen it."""
    if not notes:
        return []
    return [r"\par\smallskip\raggedright\footnotesize", *(rf"{note}\\" for note in notes)]


def _raised(notes: tuple[int, ...]) -> str:
    signs = [symbol(note) for note in notes]
    text = ",".join(_SYMBOLS.get(sign, rf"\mathrm{{{sign}}}") for sign in signs)
    return f"$^{{{text}}}$" if text else ""


def _row(fields: list[str]) -> str:
    r"""A row; a [ or * at its start would be read as an option of the rule or ``\\`` before it."""
    row = " & ".join(fields) + r" \\"
    return f"{{{row[0]}}}{row[1:]}" if row[0] in "[*" else row
