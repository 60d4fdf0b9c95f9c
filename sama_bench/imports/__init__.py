"""Answers produced elsewhere: files of other code bases, recognised by what is in them."""

from __future__ import annotations

from sama_bench.imports.imported import Imported
from sama_bench.imports.recognise import answers_from

__all__ = ["Imported", "answers_from"]
