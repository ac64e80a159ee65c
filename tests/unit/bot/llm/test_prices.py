"""What a call costs, and estimates that are rather too high."""

from decimal import Decimal
from pathlib import Path

import pytest
import wordllama
from pydantic import ValidationError
from tokenizers import Tokenizer

from bot.llm.prices import Price, Spent, cost_of, seconds_of, tokens_of

MINI = Price(input=Decimal("0.15"), output=Decimal("0.60"), cached_input=Decimal("0.075"))


def test_tokens_cost_by_the_million_and_cached_ones_less() -> None:
    assert MINI.cost(Spent(1_000_000, 0)) == Decimal("0.15")
    assert MINI.cost(Spent(0, 1_000_000)) == Decimal("0.60")
    assert MINI.cost(Spent(1_000_000, 0, cached_tokens=400_000)) == Decimal("0.09") + Decimal("0.03")
    assert MINI.cost(Spent(1, 1)) == Decimal("0.00000075")


def test_without_a_price_of_its_own_a_cached_token_costs_as_any_other() -> None:
    plain = Price(input=Decimal(2), output=Decimal(8))
    assert plain.cost(Spent(1_000, 0, cached_tokens=900)) == plain.cost(Spent(1_000, 0))


def test_sound_costs_by_the_minute_or_by_its_tokens() -> None:
    by_minute = Price(audio_minute=Decimal("0.006"))
    both = Price(audio_minute=Decimal("0.006"), input=Decimal(6), output=Decimal(10))
    spent = Spent(audio_seconds=Decimal(90))
    assert by_minute.cost(spent) == both.cost(spent) == Decimal("0.009")
    assert both.cost(Spent(100, 10)) == Decimal("0.0007")


def test_a_model_without_a_price_costs_nothing() -> None:
    assert cost_of({"other": MINI}, "mini", Spent(1_000, 1_000)) == 0


@pytest.mark.parametrize(
    "price",
    [{}, {"input": "1"}, {"output": "1"}, {"input": "-1", "output": "1"}, {"input": "1", "output": "1", "x": 1}],
)
def test_half_a_price_is_none(price: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Price.model_validate(price)


@pytest.mark.parametrize(
    "text",
    [
        "The delivery to Sentosa takes two working days and costs nothing over 200 dollars.",
        "boss 2 ctn 12in box n 5 pkt straw tmr morning pls",
        "送货到圣淘沙需要两个工作日，请问可以吗？",
        "சென்டோசாவிற்கு டெலிவரி இரண்டு நாட்கள் ஆகும்",
        "penghantaran ke Sentosa mengambil masa dua hari bekerja",
        '{"commands": [{"do": "add", "sku": "PB-12-PLN", "quantity": 2}]}',
    ],
)
def test_an_estimate_is_near_what_a_real_tokenizer_counts(text: str) -> None:
    """That of Llama 2: its 32,000 words make more tokens of a text than the larger ones of today."""
    folder = Path(wordllama.__file__).parent / "tokenizers"
    tokenizer = Tokenizer.from_file(str(folder / "l2_supercat_tokenizer_config.json"))
    counted = len(tokenizer.encode(text, add_special_tokens=False).ids)
    assert 0.8 * counted <= tokens_of(text) <= 2 * counted


def test_a_voice_note_is_estimated_rather_too_long() -> None:
    assert seconds_of(bytes(2 * 16_000 // 8 * 10)) == 20  # ten seconds at 32 kbit/s
