"""Every byte of a sealed file is covered."""

import json

import pytest

from sama_bench.storage.seal import has_seal, sealed, unsealed

CONTENT = {"value": 0.125, "name": "a \ud800 b", "list": [1, 2]}
RAW = sealed(json.dumps(CONTENT).encode())


def test_what_was_sealed_is_read_and_what_never_was_too():
    assert json.loads(RAW)["crc32"]
    assert unsealed(RAW) == unsealed(RAW + b"\n") == CONTENT
    assert unsealed(json.dumps(CONTENT).encode()) == CONTENT
    assert unsealed(b"[1]") == [1]
    assert has_seal(RAW + b"\n")
    assert not has_seal(json.dumps(CONTENT).encode())


def test_no_flipped_bit_passes():
    for place in range(len(RAW)):
        for bit in range(8):
            damaged = bytearray(RAW)
            damaged[place] ^= 1 << bit
            with pytest.raises(ValueError, match=r"."):
                unsealed(bytes(damaged))


def test_the_reason_is_told():
    with pytest.raises(ValueError, match="its checksum does not fit"):
        unsealed(RAW.replace(b"0.125", b"0.126"))
