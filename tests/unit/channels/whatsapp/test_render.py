"""Replies as WhatsApp shows them: parts, quick replies, lists, or numbers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.whatsapp.pickers import Picker, picker, units
from channels.whatsapp.render import LONGEST_MESSAGE, numbered, rendered, split
from channels.whatsapp.template import Template, one_line
from core.domain.messages import Choice, Reply


def choices(*titles: str, description: str = "") -> tuple[Choice, ...]:
    return tuple(Choice(f"0a1b2c3d:{n}", title, description) for n, title in enumerate(titles))


def shown(text: str, *titles: str, description: str = "") -> Picker:
    made = picker(text, choices(*titles, description=description))
    assert made is not None
    return made


def filled(made: Picker) -> dict[str, object]:
    """The content with its variables in, as Twilio would send it."""
    kinds = json.dumps(made.content()["types"], ensure_ascii=False)
    for number, value in json.loads(made.variables()).items():
        kinds = kinds.replace(f"{{{{{number}}}}}", json.dumps(value, ensure_ascii=False)[1:-1])
    parsed: dict[str, object] = json.loads(kinds)
    return parsed


# Splitting


lines_of_text = st.lists(
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), max_size=60), max_size=40
)


@given(lines_of_text, st.integers(20, 200))
def test_splitting_loses_no_line_and_cuts_none_that_fits(lines: list[str], limit: int) -> None:
    parts = split("\n".join(lines), limit)
    assert all(0 < units(part) <= limit for part in parts)
    kept = [line for part in parts for line in part.split("\n") if line]
    assert "".join(kept) == "".join(lines)
    for line in lines:
        if line and units(line) <= limit:
            assert line in kept
            kept.remove(line)


@given(lines_of_text, st.integers(60, 300))
def test_short_lines_come_out_as_they_went_in(lines: list[str], limit: int) -> None:
    short = [line for line in lines if line and units(line) <= limit]
    parts = split("\n".join(short), limit)
    assert [line for part in parts for line in part.split("\n")] == short


@given(st.lists(st.text(st.characters(categories=("L", "N", "So")), min_size=1, max_size=15), min_size=1))
def test_a_long_line_is_cut_at_spaces_only(words: list[str]) -> None:
    assert [word for part in split(" ".join(words), 40) for word in part.split()] == words


def test_a_word_that_fits_nowhere_is_cut_and_an_emoji_is_not() -> None:
    parts = split("😀" * 15, 7)
    assert parts == ["😀" * 3] * 5


def test_a_blank_line_at_a_cut_is_dropped_and_others_stay() -> None:
    assert split("aaaa\n\nbbbb\n\ncc", 10) == ["aaaa\n\nbbbb", "cc"]


def test_a_text_of_exactly_the_limit_is_one_part() -> None:
    assert split("a" * LONGEST_MESSAGE) == ["a" * LONGEST_MESSAGE]
    assert len(split("a" * (LONGEST_MESSAGE + 1))) == 2
    assert len(split("😀" * (LONGEST_MESSAGE // 2 + 1))) == 2


def test_an_empty_text_is_no_part() -> None:
    assert rendered(Reply("  \n ")).plain == ()


# Pickers


def test_up_to_three_short_choices_are_quick_replies() -> None:
    made = shown("Shall I place it?\n\nTotal $69.76", "Confirm", "Change", "Cancel")
    assert filled(made) == {
        "twilio/quick-reply": {
            "body": "Shall I place it?\n\nTotal $69.76",
            "actions": [
                {"type": "QUICK_REPLY", "id": f"0a1b2c3d:{n}", "title": title}
                for n, title in enumerate(["Confirm", "Change", "Cancel"])
            ],
        }
    }


def test_more_choices_are_a_list() -> None:
    made = shown("When?", *(f"{n} Nov" for n in range(1, 11)))
    kind = filled(made)["twilio/list-picker"]
    assert isinstance(kind, dict)
    assert [item["item"] for item in kind["items"]] == [f"{n} Nov" for n in range(1, 11)]
    assert kind["button"]


@pytest.mark.parametrize(
    ("title", "is_list"), [("a" * 20, False), ("a" * 21, True), ("😀" * 10, False), ("😀" * 11, True)]
)
def test_a_title_too_long_for_a_button_makes_a_list(title: str, is_list: bool) -> None:
    assert shown("Which?", title, "other").is_list is is_list


def test_descriptions_need_a_list() -> None:
    assert shown("Which?", "Kraft", "White", description="carton of 100").is_list


def test_a_title_too_long_for_a_row_stands_whole_in_its_description() -> None:
    made = shown("Which?", "Pizza Box 12in Printed Kraft", "Pizza Box 10in", description="bundle of 50")
    assert made.rows[0][1:] == ("Pizza Box 12in Printed…", "Pizza Box 12in Printed Kraft · bundle of 50")
    assert made.rows[1][1:] == ("Pizza Box 10in", "bundle of 50")


@pytest.mark.parametrize(
    "titles",
    [
        tuple(f"option {n}" for n in range(11)),
        ("Kraft", "kraft"),
        ("Pizza Box 12in Printed Kraft", "Pizza Box 12in Printed White"),
        ("x" * 73, "y"),
        ("", "y"),
    ],
)
def test_choices_that_do_not_fit_or_look_alike_are_numbered(titles: tuple[str, ...]) -> None:
    reply = Reply("Which?", choices(*titles))
    rendering = rendered(reply)
    assert rendering.picker is None
    assert rendering.plain == (numbered("Which?", reply.choices),)


def test_an_id_too_long_is_numbered() -> None:
    assert picker("Which?", (Choice("x" * 201, "A"),)) is None


def test_a_numbered_list_shows_titles_and_descriptions_in_order() -> None:
    offered = (Choice("a", "Kraft", "carton of 100"), Choice("b", "White"))
    assert numbered("Which one?", offered) == "Which one?\n\n1. Kraft — carton of 100\n2. White"


def test_the_shape_is_the_layout_and_not_the_words() -> None:
    one, two = shown("Hello\n\nWhich?", "A", "B"), shown("Good day\n\nWhat else?", "Yes", "No")
    assert one.name == two.name
    assert one.content() == two.content()
    others = [shown("Hello\nWhich?", "A", "B"), shown("Hello\n\nWhich?", "A", "B", "C"), shown("Hi", "A", "B")]
    described = [shown("Hello\n\nWhich?", "A", "B", description="d")]
    assert len({made.name for made in [one, *others, *described]}) == 5


@given(
    st.lists(st.text(max_size=300), max_size=60),
    st.lists(st.tuples(st.text(max_size=90), st.text(max_size=90)), min_size=1, max_size=12),
)
def test_whatever_fits_a_picker_keeps_twilios_limits(lines: list[str], offered: list[tuple[str, str]]) -> None:
    made = picker("\n".join(lines), [Choice(f"id:{n}", *words) for n, words in enumerate(offered)])
    if made is None:
        return
    values = json.loads(made.variables())
    assert len(values) <= 100
    assert all(value.strip() and units(value) <= 255 and len(value.splitlines()) == 1 for value in values.values())
    assert units(made.body) <= 1024
    assert set(values) == set(made.content()["variables"])
    assert all(units(title) <= (24 if made.is_list else 20) for _, title, _ in made.rows)
    assert all(units(description) <= 72 for _, _, description in made.rows)


def test_a_long_text_goes_ahead_and_its_question_carries_the_choices() -> None:
    order = "\n".join(f"{n} x Paper Cup 8oz, white, sleeve of 50, $12.00 each" for n in range(60))
    rendering = rendered(Reply(f"{order}\n\nShall I place it?", choices("Confirm")))
    assert rendering.picker is not None
    assert rendering.picker.body == "Shall I place it?"
    assert "\n".join(rendering.plain) == order
    assert rendering.fallback == ("Shall I place it?\n\n1. Confirm",)


def test_a_long_list_in_one_paragraph_ends_in_the_picker() -> None:
    lines = [f"{n} x Paper Cup 8oz, white, sleeve of 50" for n in range(60)]
    rendering = rendered(Reply("\n".join(lines), choices("Confirm")))
    assert rendering.picker is not None
    assert [line for part in (*rendering.plain, rendering.picker.body) for line in part.split("\n")] == lines


def test_a_single_line_too_long_for_a_variable_is_numbered() -> None:
    reply = Reply("word " * 60, choices("Confirm"))
    assert rendered(reply).picker is None
    assert rendered(reply).plain == (numbered(reply.text.strip(), reply.choices),)


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=300), max_size=30))
def test_a_reply_with_choices_keeps_all_its_words(lines: list[str]) -> None:
    text = "\n".join(lines)
    rendering = rendered(Reply(text, choices("Confirm", "Cancel")))
    said = [*rendering.plain, *([rendering.picker.body] if rendering.picker else [])]
    if rendering.picker is None:
        said[-1] = said[-1].removesuffix("1. Confirm\n2. Cancel")
    assert "".join("".join(said).split()) == "".join(text.split())


# Templates


def test_a_template_takes_the_reply_on_one_line() -> None:
    template = Template("HX" + "1" * 32, {"1": "{supplier}", "2": "{outlet}: {text}"})
    values = template.values("Resupply", "Pasir Ris", "Your order\n\n*RS-10001*\tcomes\ntomorrow")
    assert values == {"1": "Resupply", "2": "Pasir Ris: Your order · *RS-10001* comes · tomorrow"}


def test_a_value_is_cut_and_never_empty() -> None:
    values = Template("HX" + "1" * 32, {"1": "{supplier}", "2": "{text}"}).values("", "x", "word " * 100)
    assert values["1"] == "-"
    assert units(values["2"]) <= 255
    assert values["2"].endswith("…")


def test_what_a_customer_wrote_is_no_placeholder() -> None:
    values = Template("HX" + "1" * 32, {"1": "{text} {unknown}"}).values("Secret", "x", "{supplier}")
    assert values == {"1": "{supplier} {unknown}"}


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert units(one_line(text)) <= 255
