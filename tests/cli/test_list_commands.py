import json

import pytest

from sama_bench import cli


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        cli.main(["list", *map(str, arguments)])
    said = capsys.readouterr()
    return end.value.code, said.out, said.err


@pytest.mark.parametrize(
    ("what", "name"),
    [("models", "sama-8b"), ("benchmarks", "ref-sav"), ("splits", "valid_u"), ("metrics", "ciou")],
)
def test_lists_as_table_and_as_data(what, name, tmp_path, capsys):
    status, text, _ = run(capsys, what)
    assert status == 0
    assert name in text
    assert max(map(len, text.splitlines())) <= 140
    run(capsys, what, "--json", tmp_path / "x.json")
    items = json.loads((tmp_path / "x.json").read_text())[what]
    assert any(name in item.values() for item in items)
    status, text, _ = run(capsys, what, "--json", "-")
    assert items == json.loads(text)[what]


def test_options_and_one_benchmark(capsys):
    _, text, _ = run(capsys, "benchmarks", "--options")
    assert "seg_merge" in text
    _, text, _ = run(capsys, "splits", "mevis")
    assert "valid_u, valid, test, mini" in text
    status, _, err = run(capsys, "splits", "mevi")
    assert (status, "did you mean mevis" in err) == (2, True)
