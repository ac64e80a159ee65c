"""What a passage is found by, and that a table gives back what was put in."""

import numpy as np

from knowledge.ports import Passage
from knowledge.rows import Row, embedded_texts, indexed_text, rows_of, table_of

FAQ = Passage("1", "faq.csv", "Orders", "Yes. Until the cut-off.", question="Can I cancel?|cancel order| ")
PAGE = Passage("2", "terms.pdf", "Terms > Refunds", "We refund.\n- in full", page=3)


def test_a_passage_is_indexed_with_its_headings_and_question() -> None:
    assert indexed_text(FAQ) == "Orders\nCan I cancel?|cancel order| \nYes. Until the cut-off."
    assert indexed_text(Passage("3", "a.txt", "", "Text.")) == "Text."


def test_each_wording_and_each_sentence_under_its_headings_has_a_vector() -> None:
    assert embedded_texts(FAQ) == ["Can I cancel?", "cancel order", "Orders: Yes.", "Orders: Until the cut-off."]
    assert embedded_texts(PAGE) == ["Terms: Refunds: We refund.", "Terms: Refunds: - in full"]


def test_a_table_gives_back_its_rows_in_order() -> None:
    rows = [Row(PAGE, "p", np.eye(2, 3, dtype=np.float32)), Row(FAQ, "f", np.full((4, 3), 0.5, dtype=np.float32))]
    back = rows_of(table_of(rows, 3))
    assert [(row.passage, row.fingerprint) for row in back] == [(PAGE, "p"), (FAQ, "f")]
    for row, other in zip(rows, back, strict=True):
        np.testing.assert_array_equal(row.vectors, other.vectors)


def test_an_empty_table_has_no_rows() -> None:
    assert rows_of(table_of([], 3)) == []
