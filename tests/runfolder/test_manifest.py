"""What a manifest may say of the options that a run was given."""

import pytest

from sama_bench.runfolder.manifest import public


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("api_key", "sk-1", "***"),
        ("max_new_tokens", "512", "512"),
        ("base_url", "http://localhost:8000/v1", "http://localhost:8000/v1"),
        ("base_url", "https://me:sk-1@host/v1", "https://***@host/v1"),
        ("base_url", "https://sk-1@host/v1?sig=sk-2&v=1", "https://***@host/v1?***"),
        ("code", "/data/a@b?c", "/data/a@b?c"),
    ],
)
def test_no_secret_reaches_a_manifest(name, value, shown):
    assert public({name: value}) == {name: shown}
