"""SPICE of tokenised captions, where its parser models are installed.

Source: Anderson et al., "SPICE" (2016), SPICE 1.0 as carried by pycocoevalcap (SAMA-Bench-G
protocol, section 7). Its parser models (Stanford CoreNLP 3.6.0) are not part of any package:
put ``stanford-corenlp-3.6.0.jar`` and ``stanford-corenlp-3.6.0-models.jar`` into pycocoevalcap's
``spice/lib``, or into a folder that ``$SAMA_BENCH_SPICE`` names. Without them SPICE is reported as
not available; it is never 0.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sama_bench.metrics._captions.java import (
    JavaError,
    caption_jar,
    find_java,
    package_folder,
    run_java,
)
from sama_bench.metrics._captions.ngrams import Segment

MODELS_VARIABLE = "SAMA_BENCH_SPICE"
"""Environment variable that names the folder with SPICE's two CoreNLP jars."""

_MODELS = ("stanford-corenlp-3.6.0.jar", "stanford-corenlp-3.6.0-models.jar")
_SECONDS_A_SEGMENT = 2.0
# SPICE reflects into the runtime's classes, which Java 16 and later allow only when told to.
_OPENED = (
    "java.base/java.lang",
    "java.base/java.util",
    "java.base/java.nio",
    "java.base/sun.nio.ch",
)


def models_folder() -> Path | None:
    """Return the folder that holds SPICE's parser models, or None."""
    package = package_folder("pycocoevalcap")
    folders = [os.environ.get(MODELS_VARIABLE), package / "spice" / "lib" if package else None]
    for folder in folders:
        if folder and all((Path(folder) / name).is_file() for name in _MODELS):
            return Path(folder).absolute()
    return None


def why_unavailable() -> str | None:
    """Return None where SPICE can run, else one line that says why it cannot."""
    if models_folder():
        return None
    return (
        "SPICE needs Stanford CoreNLP 3.6.0's models: put "
        f"{' and '.join(_MODELS)} into a folder and set {MODELS_VARIABLE} to it"
    )


def spice(segments: Sequence[Segment], *, java: str | Path | None = None) -> tuple[float, ...]:
    """Return SPICE's F of each segment, in [0, 1]; NaN where SPICE itself has none.

    Raises JavaError when the models or Java are missing, or the program fails.
    """
    folder = models_folder()
    if folder is None:
        raise JavaError(why_unavailable() or "SPICE is not available")
    if not segments:
        return ()
    jar = caption_jar("spice", "spice-1.0.jar")
    classpath = os.pathsep.join([str(jar), str(jar.parent / "lib" / "*"), str(folder / "*")])
    with tempfile.TemporaryDirectory(prefix="sama-bench-spice-") as name:
        work = Path(name)
        (work / "cache").mkdir()
        (work / "in.json").write_text(json.dumps(_request(segments)), encoding="utf-8")
        opened = [part for module in _OPENED for part in ("--add-opens", f"{module}=ALL-UNNAMED")]
        command = [*opened, "-cp", classpath, "edu.anu.spice.SpiceScorer", "in.json"]
        options = ["-cache", "cache", "-out", "out.json", "-subset", "-silent"]
        run_java(
            [*command, *options],
            cwd=work,
            timeout=600.0 + _SECONDS_A_SEGMENT * len(segments),
            java=find_java(java),
            memory="8G",
        )
        return read_scores((work / "out.json").read_text("utf-8"), len(segments))


def _request(segments: Sequence[Segment]) -> list[dict[str, object]]:
    return [
        {"image_id": index, "test": prediction, "refs": list(references)}
        for index, (prediction, references) in enumerate(segments)
    ]


def read_scores(text: str, count: int) -> tuple[float, ...]:
    """Read SPICE's output file: F of "All" for images 0 to ``count`` - 1, NaN for null.

    Raises JavaError when an image is missing or the file has another form.

    >>> read_scores('[{"image_id": 0, "scores": {"All": {"f": 0.25}}}]', 1)
    (0.25,)
    """
    try:
        found = {int(item["image_id"]): _number(item["scores"]) for item in json.loads(text)}
        return tuple(found[index] for index in range(count))
    except (ValueError, KeyError, TypeError) as error:
        raise JavaError(f"SPICE wrote a result that cannot be read: {error!r}") from None


def _number(scores: Mapping[str, Mapping[str, object]]) -> float:
    value = scores["All"]["f"]
    return float(value) if isinstance(value, (int, float)) else math.nan
