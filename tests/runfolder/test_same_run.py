"""Whether answers of a new request may join those of a run folder."""

import pytest

from sama_bench.errors import UserError
from sama_bench.runfolder.manifest import Manifest, check_same

NEW = "sha256-ends:" + "0" * 64


def test_a_fingerprint_of_a_former_kind_is_passed_over():
    card = {"dtype": "bfloat16"}
    for before in ({}, {"checkpoint_fingerprint": "0123456789abcdef"}):
        new = Manifest.of(card={**card, **dict.fromkeys(before, NEW)})
        check_same(Manifest.of(card={**card, **before}), new, "runs/x")
    for before, after in ((NEW, NEW[:-1] + "1"), ("0123", NEW)):
        old = Manifest.of(card={"dtype": "float32", "checkpoint_fingerprint": before})
        new = Manifest.of(card={"dtype": "bfloat16", "checkpoint_fingerprint": after})
        with pytest.raises(UserError, match="answers of another run"):
            check_same(old, new, "runs/x")
    with pytest.raises(UserError, match="answers of another run"):
        check_same(Manifest.of(fingerprint=NEW), Manifest.of(fingerprint=NEW[:-1] + "1"), "runs/x")
