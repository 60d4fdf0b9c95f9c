"""What tests of checkpoints with code of their own share."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture(scope="module")
def own_modules(tmp_path_factory):
    """Give the copies of remote code that transformers makes a folder of this test file's own."""
    utilities = pytest.importorskip("transformers.dynamic_module_utils")
    folder = str(tmp_path_factory.mktemp("modules"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utilities, "HF_MODULES_CACHE", folder)
        patch.syspath_prepend(folder)
        for name in [name for name in sys.modules if name.startswith("transformers_modules")]:
            patch.delitem(sys.modules, name)
        yield


@pytest.fixture
def cuda_stands_in(monkeypatch):
    """Let ``.cuda()``, which the published code calls by name, stay on the CPU."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.Tensor, "cuda", lambda self, *more, **settings: self)
