"""ROUGE-L of tokenised sentences.

Source: Lin, "ROUGE" (2004), as pycocoevalcap computes it (SAMA-Bench-G protocol, section 7):
beta 1.2, precision and recall each the best over the references, tokens split at single spaces
(so an empty text is one empty token).
"""

from __future__ import annotations

from collections.abc import Sequence

_BETA_SQUARED = 1.2**2


def rouge_l(prediction: str, references: Sequence[str]) -> float:
    """Return ROUGE-L of a tokenised prediction against its references, in [0, 1].

    >>> rouge_l("the cat sleeps", ["the cat sleeps"])
    1.0
    >>> round(rouge_l("a dog", ["a cat sleeps"]), 3)
    0.386
    """
    tokens = prediction.split(" ")
    precision = recall = 0.0
    for reference in references:
        others = reference.split(" ")
        common = longest_common_subsequence(tokens, others)
        precision = max(precision, common / len(tokens))
        recall = max(recall, common / len(others))
    if precision == 0 or recall == 0:
        return 0.0
    return (1 + _BETA_SQUARED) * precision * recall / (recall + _BETA_SQUARED * precision)


def longest_common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of two token sequences.

    Bit-parallel (Crochemore et al., 2001): one bit a token of ``first``, one step a token of
    ``second``, so that texts of 10,000 words cost a fraction of a second.

    >>> longest_common_subsequence("a b c d".split(), "b d".split())
    2
    """
    positions: dict[str, int] = {}
    for index, token in enumerate(first):
        positions[token] = positions.get(token, 0) | (1 << index)
    full = (1 << len(first)) - 1
    row = full
    for token in second:
        matched = row & positions.get(token, 0)
        row = ((row + matched) | (row - matched)) & full
    return len(first) - row.bit_count()
