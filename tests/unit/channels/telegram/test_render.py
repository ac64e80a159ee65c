"""Replies as HTML and keyboards: nothing lost, limits kept, markup that Telegram reads."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.telegram.render import keyboard_of, parts_of, width
from core.domain.messages import Choice, Reply
from core.errors import DeliveryRefused
from tests.sandbox.telegram import formatting


def html(text: str) -> str:
    (part,) = parts_of(Reply(text))
    return part.html


def rows(*titles: str) -> list[list[str]]:
    keyboard = keyboard_of([Choice(f"0a1b2c3d:{n}", title) for n, title in enumerate(titles)])
    assert keyboard is not None
    return [[button.text for button in row] for row in keyboard.inline_keyboard]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*Your order*\n2 boxes", "<b>Your order</b>\n2 boxes"),
        ("<b>no</b> & 12 < 14", "&lt;b&gt;no&lt;/b&gt; &amp; 12 &lt; 14"),
        ("*Tom & Jerry's*", "<b>Tom &amp; Jerry's</b>"),
        ("4*6*2 cm bags", "4*6*2 cm bags"),
        ("a * b * c", "a * b * c"),
        ("*not\nacross lines*", "*not\nacross lines*"),
        ("Total: *S$69.76*.", "Total: <b>S$69.76</b>."),
        ("*a* and *b*", "<b>a</b> and <b>b</b>"),
        ("**", "**"),
        ("\n\n hello \n", "hello"),
    ],
)
def test_bold_is_the_only_markup(text: str, shown: str) -> None:
    assert html(text) == shown


def test_a_long_reply_is_cut_between_lines() -> None:
    lines = [f"*{n}* carton of 12in pizza boxes, plain" for n in range(400)]

    parts = parts_of(Reply("\n".join(lines)))

    assert len(parts) > 1
    assert "\n".join(part.html for part in parts) == "\n".join(
        line.replace("*", "<b>", 1).replace("*", "</b>") for line in lines
    )


def test_a_line_longer_than_a_message_is_cut_at_a_space_and_stays_bold() -> None:
    parts = parts_of(Reply(f"*{'word ' * 1000}end*"))

    assert [part.html.startswith("<b>") and part.html.endswith("</b>") for part in parts] == [True, True]
    assert all(set(part.plain.split()) <= {"word", "end"} for part in parts)


def test_the_limit_counts_utf_16_units() -> None:
    parts = parts_of(Reply("😀" * 3000))

    assert [width(part.plain) for part in parts] == [4096, 1904]


def test_escaped_characters_count_once() -> None:
    assert len(parts_of(Reply("&" * 4096))) == 1


def test_bold_words_that_are_cut_apart_end_without_a_space() -> None:
    assert [part.html for part in parts_of(Reply("*ab cd*"), 3)] == ["<b>ab</b>", "<b>cd</b>"]


def test_a_reply_without_a_word_is_refused() -> None:
    with pytest.raises(DeliveryRefused):
        parts_of(Reply(" \n "))


def test_descriptions_of_choices_stand_in_the_text() -> None:
    reply = Reply("Which one?", (Choice("a:0", "Kraft", "brown, 50 a bundle"), Choice("a:1", "White")))

    assert parts_of(reply)[0].plain == "Which one?\n\n• Kraft: brown, 50 a bundle"


def test_without_its_card_the_rest_of_a_reply_is_left() -> None:
    card = "*Your order*\n2 boxes"
    reply = Reply(f"Added *2 boxes*.\n\n{card}\n\nAnything else?", (Choice("a:0", "Yes", "send it"),), card)

    (part,) = parts_of(reply)

    assert part.rest == "Added <b>2 boxes</b>.\n\nAnything else?"
    assert part.has_card


@pytest.mark.parametrize("card", ["*Your order*\n2 boxes", "another text"])
def test_of_a_reply_that_is_its_card_nothing_is_left(card: str) -> None:
    (part,) = parts_of(Reply("*Your order*\n2 boxes", card=card))

    assert part.rest == ""


TEXTS = st.text(st.sampled_from("ab *<>&\n\"'😀é·🇸🇬"), min_size=1, max_size=60) | st.text(max_size=200)


@given(TEXTS, st.integers(2, 80), st.tuples(st.integers(0, 200), st.integers(0, 60)))
def test_nothing_is_lost_limits_are_kept_and_the_html_is_valid(text: str, limit: int, card: tuple[int, int]) -> None:
    shown = text[card[0] : card[0] + card[1]]
    try:
        parts = parts_of(Reply(text, card=shown), limit)
    except DeliveryRefused:
        assert not text.strip()
        return
    words = "".join("".join(part.plain for part in parts).split())
    assert re.sub(r"[\s*]", "", words) == re.sub(r"[\s*]", "", text.encode("utf-8", "replace").decode())
    for part in parts:
        plain, _ = formatting.read(part.html, "HTML")
        assert plain == part.plain == unescape(re.sub(r"</?b>", "", part.html))
        assert 0 < width(part.plain) <= limit
        formatting.read(part.rest, "HTML")


# Buttons -------------------------------------------------------------------------------------------------


def test_short_titles_stand_side_by_side_and_long_ones_alone() -> None:
    assert rows("Confirm", "Cancel", "Add more") == [["Confirm", "Cancel", "Add more"]]
    assert rows("Wed 25 Nov", "Thu 26 Nov", "Fri 27 Nov", "Mon 30 Nov") == [
        ["Wed 25 Nov", "Thu 26 Nov"],
        ["Fri 27 Nov", "Mon 30 Nov"],
    ]
    assert rows("Pizza box 12in plain kraft", "Yes", "Talk to a person") == [
        ["Pizza box 12in plain kraft"],
        ["Yes", "Talk to a person"],
    ]


def test_no_button_is_lost_in_the_rows() -> None:
    titles = [f"Choice {n}" for n in range(10)]

    assert [title for row in rows(*titles) for title in row] == titles


def test_a_long_title_is_cut() -> None:
    ((title,),) = rows("Pizza box " * 10)

    assert len(title) <= 64
    assert title.endswith("…")


def test_ids_go_through_untouched() -> None:
    keyboard = keyboard_of([Choice("1a2b3c4d:0", "Confirm")])

    assert keyboard is not None
    assert keyboard.inline_keyboard[0][0].callback_data == "1a2b3c4d:0"


@pytest.mark.parametrize("choice_id", ["", "x" * 64, "é" * 32])
def test_an_id_that_telegram_would_refuse_is_refused(choice_id: str) -> None:
    with pytest.raises(DeliveryRefused):
        keyboard_of([Choice(choice_id, "Confirm")])


def test_more_choices_than_telegram_shows_are_refused() -> None:
    with pytest.raises(DeliveryRefused):
        keyboard_of([Choice(str(n), "x") for n in range(101)])


def test_without_choices_there_is_no_keyboard() -> None:
    assert keyboard_of([]) is None
