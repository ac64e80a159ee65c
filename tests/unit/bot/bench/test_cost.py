"""What the bench counts of messages, on both sides."""

import io
import random
from decimal import Decimal

from rich.console import Console

from bot.bench.cost import TURNS_SHOWN, Costs, Sent, catalogue_text, naive_tokens
from bot.bench.messages import ODD_EVERY, conversations
from bot.bench.question_report import cost_table, reach_table
from bot.bench.questions import Question, one_of_each, stream
from bot.llm.prices import Spent
from core.domain.catalogue import Catalogue, Product

QUESTIONS = [Question(f"Do you deliver on day {n}?", f"row-{n // 2}") for n in range(20)]


def printed(table: object) -> list[list[str]]:
    """The rows of a table as cells."""
    written = io.StringIO()
    Console(width=200, file=written).print(table)
    lines = written.getvalue().splitlines()
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]


def test_the_naive_prompt_has_the_prefix_and_the_last_turns_and_the_message() -> None:
    turns = [("abcd", "efgh")] * (TURNS_SHOWN + 3) + [("12345678", "x" * 40)]
    assert naive_tokens(1_000, turns) == Spent(1_000 + 2 * TURNS_SHOWN + 2, 10, cached_tokens=1_000)
    assert naive_tokens(1_000, turns[-1:]) == Spent(1_002, 10, cached_tokens=1_000)


def test_the_catalogue_in_the_prompt_has_every_product_on_sale_once() -> None:
    def product(sku: str, *, active: bool) -> Product:
        return Product(sku, f"Box {sku}", "carton", 50, Decimal("2.50"), "SGD", active=active)

    catalogue = Catalogue({"A": product("A", active=True), "B": product("B", active=False)})
    assert catalogue_text(catalogue).splitlines()[1:] == ["A,Box A,carton,50,2.50"]


def test_what_the_model_read_counts_as_an_ordering_turn() -> None:
    sent = [
        Sent("order", (), Spent(), Spent()),
        Sent("unclear", ("read",), Spent(300, 20), Spent()),
        Sent("question", ("write",), Spent(500, 40), Spent()),
        Sent("smalltalk", (), Spent(), Spent()),
    ]
    costs = Costs(sent)
    assert costs.ordering == sent[:2]
    assert costs.reached == {"read": 1, "write": 1}
    assert costs.ours == Spent(800, 60)
    assert printed(reach_table(costs)) == [
        ["ordering turns", "2", "50.0%", "0.0%"],
        ["other turns", "2", "0.0%", "50.0%"],
        ["all", "4", "25.0%", "25.0%"],
    ]


def test_the_reduction_is_that_of_the_money() -> None:
    ours, naive = Spent(100_000, 0), Spent(4_000_000, 0, cached_tokens=4_000_000)
    rows = printed(cost_table(Costs([Sent("order", ("read",), ours, naive), Sent("order", (), Spent(), Spent())])))
    assert rows == [
        ["this desk", "500", "50,000,000", "0", "7.5000", ""],
        ["every message", "1,000", "2,000,000,000", "0", "300.0000", "97.5%"],
        ["again, prompt cached", "1,000", "2,000,000,000", "0", "150.0000", "95.0%"],
    ]


def test_the_same_seed_gives_the_same_messages() -> None:
    once, again = (list(conversations(ODD_EVERY + 1, QUESTIONS, seed=3)) for _ in range(2))
    other = list(conversations(ODD_EVERY + 1, QUESTIONS, seed=4))
    assert once == again
    assert once != other
    assert sum(conversation.orders for conversation in once) == ODD_EVERY + 1
    assert len({(c.talk.user_id, c.talk.session_id) for c in once}) == len(once)


def test_a_stream_asks_some_questions_often_and_in_other_typing() -> None:
    asked = stream(QUESTIONS, 400, random.Random(1))
    assert asked == stream(QUESTIONS, 400, random.Random(1))
    counts = sorted((sum(q.answer == row for q in asked) for row in {q.answer for q in QUESTIONS}), reverse=True)
    assert counts[0] > 3 * counts[-1] > 0
    assert {q.text for q in asked} > {q.text for q in QUESTIONS}
    assert stream(QUESTIONS, 400, random.Random(1), typed_anew=0) != asked


def test_one_of_each_is_the_first_wording_of_every_row() -> None:
    assert one_of_each(QUESTIONS) == QUESTIONS[::2]
