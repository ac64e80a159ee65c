"""What blocks become: passages of a few sentences that keep heading path, page and the words that introduce them."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.blocks import Block, Kind
from knowledge.passages import MOST, passages_of
from knowledge.ports import Passage
from knowledge.sentences import sentences_of


def sentence(number: int, words: int = 20) -> str:
    """A sentence of so many words."""
    return " ".join([f"Sentence{number}", *["word"] * (words - 2), "end."])


def texts(*blocks: Block) -> list[str]:
    return [passage.text for passage in passages_of("terms.md", blocks)]


def test_a_passage_keeps_heading_path_document_and_page() -> None:
    [passage] = passages_of("a/terms.pdf", [Block("We refund.", ("Terms", "Refunds"), page=3)])
    assert (passage.document, passage.section, passage.page) == ("a/terms.pdf", "Terms > Refunds", 3)


def test_text_of_two_sections_is_never_merged() -> None:
    assert texts(Block("One.", ("A",)), Block("Two.", ("B",)), Block("Three.", ("A",))) == ["One.", "Two.", "Three."]


def test_short_paragraphs_of_a_section_come_together_on_lines_of_their_own() -> None:
    assert texts(Block("One. Two."), Block("Three.")) == ["One. Two.\nThree."]


def test_a_long_text_is_parted_between_sentences() -> None:
    found = texts(Block(" ".join(sentence(n) for n in range(16))))
    assert [len(text.split()) for text in found] == [100, 100, 120]
    assert [s for text in found for s in sentences_of(text)] == [sentence(n) for n in range(16)]


def test_a_long_list_goes_on_under_its_introduction_again() -> None:
    items = [Block(" ".join([f"item{n}", *["word"] * 19]), kind=Kind.ITEM) for n in range(12)]
    first, *others = texts(Block("Before. You need:"), *items)
    assert first.startswith("Before. You need:\n- item0 ")
    assert others
    assert all(text.startswith("You need:\n- item") for text in others)
    assert sum(text.count("- item") for text in (first, *others)) == 12


def test_an_introduction_goes_with_what_it_introduces() -> None:
    block = Block(" ".join([*(sentence(n) for n in range(6)), "You need:"]))
    found = texts(block, *(Block(" ".join([f"item{n}", *["word"] * 19]), kind=Kind.ITEM) for n in range(3)))
    assert not any(text.endswith("You need:") for text in found)


def test_numbered_items_keep_their_number_and_rows_have_no_bullet() -> None:
    blocks = [Block("1. first", kind=Kind.ITEM), Block("other", kind=Kind.ITEM), Block("Zone: East", kind=Kind.ROW)]
    assert texts(*blocks) == ["1. first\n- other\nZone: East"]


def test_an_faq_row_is_a_passage_of_its_own_with_its_question() -> None:
    rows = [Block(sentence(n), kind=Kind.ANSWER, question=f"Question {n}?") for n in range(3)]
    found = passages_of("faq.csv", [Block("Intro."), *rows, Block("Outro.")])
    assert [(p.question, p.text) for p in found] == [
        ("", "Intro."),
        *((f"Question {n}?", sentence(n)) for n in range(3)),
        ("", "Outro."),
    ]


def test_a_text_without_punctuation_is_parted_all_the_same() -> None:
    assert all(len(text) < 4_000 for text in texts(Block("word " * 5_000)))
    assert all(len(text) < 4_000 for text in texts(Block("x" * 50_000)))


def test_an_id_stays_while_the_words_do() -> None:
    before = passages_of("a.md", [Block("Old.", ("A",)), Block("Same.", ("B",))])
    after = passages_of("a.md", [Block("New.", ("A",)), Block("Same.", ("B",))])
    assert before[1].id == after[1].id
    assert before[0].id != after[0].id
    assert passages_of("b.md", [Block("Same.", ("B",))])[0].id != after[1].id


def test_equal_passages_have_ids_of_their_own() -> None:
    found = passages_of("a.md", [Block("Same.", ("A",)), Block("Other.", ("B",)), Block("Same.", ("A",))])
    assert len({passage.id for passage in found}) == 3


@given(
    st.lists(
        st.builds(
            Block,
            st.lists(st.integers(1, 60), min_size=1, max_size=6).map(lambda n: " ".join(sentence(i, i + 2) for i in n)),
            st.sampled_from([("A",), ("A", "B"), ("C",)]),
            kind=st.sampled_from([Kind.TEXT, Kind.ITEM, Kind.ROW]),
        ),
        max_size=12,
    )
)
def test_every_sentence_is_in_one_passage_of_its_section_and_none_too_long(blocks: list[Block]) -> None:
    found: list[Passage] = passages_of("a.md", blocks)
    said = [(passage.section, s.removeprefix("- ")) for passage in found for s in sentences_of(passage.text)]
    assert said == [(" > ".join(block.section), s) for block in blocks for s in sentences_of(block.text)]
    longest = max((len(block.text.split()) for block in blocks), default=0)
    assert all(len(passage.text.split()) <= max(MOST, longest) + len(blocks) for passage in found)
