"""Certificates and verifications as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sama_bench.leaderboard.certificate import Certificate, Line
from sama_bench.leaderboard.columns import known
from sama_bench.leaderboard.verify import Verification
from sama_bench.tables.aligned import aligned
from sama_bench.tables.escape import clean


def certificate_text(certificate: Certificate) -> str:
    """Return a reproduction certificate as a person reads it."""
    heads = ("metric", "protocol", "entry", "published", "difference", "interval", "verdict")
    rows = [heads, *(_line(line) for line in certificate.lines)]
    lines = [f"Reproduction certificate: {clean(certificate.entry)}", ""]
    if not certificate.lines:
        name = clean(certificate.model)
        return "\n".join(
            [
                *lines,
                f"Nothing published is known of {name!r} on this benchmark and split; "
                "name the published model with --as",
                "",
            ]
        )
    lines += aligned(rows, left=len(rows[0]))
    lines += ["", *_remarks(certificate.lines), "", _outcome(certificate)]
    if certificate.card:
        lines.append("Settings that may explain a difference:")
        lines += [
            f"  {key}: the source says {clean(one)!r}, the protocol card {clean(other)!r}"
            for key, one, other in certificate.card
        ]
    if certificate.unstated:
        said = "; ".join(f"{key}: {clean(text)}" for key, text in certificate.unstated)
        lines.append(f"Stated by the source, not by the protocol card: {said}")
    return "\n".join(lines) + "\n"


def verification_text(result: Verification) -> str:
    """Return what recomputing an entry showed."""
    lines = [
        f"{clean(result.entry)}: {result.checked} numbers recomputed, "
        f"{len(result.differing)} differ, {len(result.unchecked)} could not be recomputed here"
    ]
    lines += [
        f"  differs: {what}: {one} in the entry, now {other}"
        for what, one, other in result.differing
    ]
    lines += [f"  problem: {clean(text)}" for text in result.problems]
    reasons: dict[str, list[str]] = {}
    for what, why in result.unchecked:
        reasons.setdefault(why, []).append(what)
    for why, numbers in reasons.items():
        more = f" and {len(numbers) - 3} more" if len(numbers) > 3 else ""
        lines.append(f"  not recomputed ({clean(why)}): {', '.join(numbers[:3])}{more}")
    lines.append("The entry holds." if result.holds else "The entry does not hold.")
    return "\n".join(lines) + "\n"


def _line(line: Line) -> tuple[str, ...]:
    metric = str(line.row["metric"])
    about = known().metric(metric)
    value = line.row["value"]
    inside = {True: "holds it", False: "does not", None: "-"}[line.inside]
    where = line.row["split"] or "split not named"
    return (
        f"{known().benchmark(line.figure.benchmark).title} {where} {about.title}",
        str(line.row["protocol"]),
        "n/a" if value is None else about.shown(value, 2),
        about.shown(line.figure.natural, 2),
        "n/a" if line.difference != line.difference else about.shown(line.difference, 2, sign=True),
        inside,
        line.verdict,
    )


def _remarks(lines: Sequence[Line]) -> Iterable[str]:
    for line in lines:
        source = line.figure.source
        yield (
            f"{line.figure.value:g} {line.figure.unit}: {clean(source.document)}, "
            f"{clean(source.table)}" + "".join(f"; {clean(text)}" for text in line.remarks)
        )


def _outcome(certificate: Certificate) -> str:
    limit = f"{certificate.tolerance * 100:g} percentage points"
    if certificate.reproduced is None:
        return "Neither reproduced nor refuted: no figure here is a target."
    if certificate.reproduced:
        return f"Reproduced: every target is met within {limit}."
    return f"Not reproduced: a target is missed by more than {limit}."
