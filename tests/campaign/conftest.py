"""What the campaign's tests copy and damage: made once for all of them."""

from __future__ import annotations

import pytest

from tests.campaign.material import Material


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Whole runs, scores and data; each part is made when a test first asks for it."""
    return Material(tmp_path_factory.mktemp("material"))
