"""The kinds of attack, one file each; ``all_kinds`` finds them."""

from __future__ import annotations

import importlib
import pkgutil

from tests.campaign.case import Kind


def all_kinds() -> list[Kind]:
    """Return every kind, those of one file together, files by name."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [
        kind for name in modules for kind in importlib.import_module(f"{__name__}.{name}").KINDS
    ]
