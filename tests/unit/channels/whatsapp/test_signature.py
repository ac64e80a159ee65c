"""Webhook signatures: made by Twilio for the public address, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from channels.whatsapp.signature import signed

TOKEN = "a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3"
PUBLIC = "https://desk.example.com"
PATH = "/webhooks/whatsapp"
FIELDS = [("MessageSid", "SM" + "1" * 32), ("From", "whatsapp:+6591230001"), ("Body", "2 ctn 12in box + 5 straw ☕")]


def by_twilio(url: str, fields: list[tuple[str, str]], token: str = TOKEN) -> str:
    signature: str = RequestValidator(token).compute_signature(url, dict(fields))
    return signature


def test_a_request_signed_for_the_public_address_is_taken() -> None:
    assert signed(TOKEN, PUBLIC, PATH, FIELDS, by_twilio(PUBLIC + PATH, FIELDS))


def test_a_slash_at_the_end_of_the_public_address_changes_nothing() -> None:
    assert signed(TOKEN, PUBLIC + "/", PATH, FIELDS, by_twilio(PUBLIC + PATH, FIELDS))


def test_the_prefix_that_a_proxy_takes_away_is_signed_too() -> None:
    signature = by_twilio("https://example.com/desk" + PATH, FIELDS)
    assert signed(TOKEN, "https://example.com/desk", PATH, FIELDS, signature)
    assert not signed(TOKEN, "https://example.com", PATH, FIELDS, signature)


def test_the_query_is_signed() -> None:
    signature = by_twilio(PUBLIC + PATH + "?a=1", FIELDS)
    assert signed(TOKEN, PUBLIC, PATH + "?a=1", FIELDS, signature)
    assert not signed(TOKEN, PUBLIC, PATH, FIELDS, signature)


def test_a_port_in_the_public_address_is_optional_in_what_twilio_signed() -> None:
    assert signed(TOKEN, PUBLIC, PATH, FIELDS, by_twilio("https://desk.example.com:443" + PATH, FIELDS))


def test_repeated_fields_are_signed_value_by_value() -> None:
    class Form(dict[str, list[str]]):
        def getlist(self, name: str) -> list[str]:
            return self[name]

    fields = [("Body", "b"), ("Body", "a"), ("From", "x")]
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + PATH, Form({"Body": ["b", "a"], "From": ["x"]}))
    assert signed(TOKEN, PUBLIC, PATH, fields, signature)
    assert not signed(TOKEN, PUBLIC, PATH, fields[1:], signature)


@pytest.mark.parametrize("signature", [None, "", "garbage", "ünïcode", "A" * 28, "\ud800"])
def test_no_signature_and_garbage_are_refused(signature: str | None) -> None:
    assert not signed(TOKEN, PUBLIC, PATH, FIELDS, signature)


def test_another_token_another_host_and_changed_words_are_refused() -> None:
    good = by_twilio(PUBLIC + PATH, FIELDS)
    assert not signed("b" * 32, PUBLIC, PATH, FIELDS, good)
    assert not signed("", PUBLIC, PATH, FIELDS, good)
    assert not signed(TOKEN, "https://other.example.com", PATH, FIELDS, good)
    assert not signed(TOKEN, PUBLIC, PATH, [*FIELDS[:2], ("Body", "200 ctn")], good)
    assert not signed(TOKEN, PUBLIC, PATH, [*FIELDS, ("More", "1")], good)


@given(st.lists(st.tuples(st.text(), st.text())), st.text())
def test_nothing_hostile_is_taken_or_raises(fields: list[tuple[str, str]], signature: str) -> None:
    assert not signed(TOKEN, PUBLIC, PATH, fields, signature)
