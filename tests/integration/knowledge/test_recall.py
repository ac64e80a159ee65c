"""Retrieval on the question sets to the sample documents: it must stay above the text index alone."""

from pathlib import Path

from tests.eval.retrieval import bm25, corpus_of, dense, measure, ours, sample_set


async def test_the_default_finds_more_than_words_or_vectors_alone(tmp_path: Path) -> None:
    passages, cases = sample_set()
    corpora = {"": await corpus_of(passages[""], tmp_path)}
    (first, _, five), _ = await measure(corpora, cases, ours)
    (words_first, _, words_five), _ = await measure(corpora, cases, bm25)
    (vectors_first, _, vectors_five), _ = await measure(corpora, cases, dense)
    assert len(cases) > 150
    assert first >= max(words_first, vectors_first) + 0.05
    assert five >= max(words_five, vectors_five) + 0.03
    assert five >= 0.9
