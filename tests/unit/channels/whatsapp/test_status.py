"""Status callbacks."""

import pytest

from channels.contract import Status
from channels.whatsapp.problems import Remedy, remedy
from channels.whatsapp.status import StatusReport, read_status

SID = "SM" + "a" * 32


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("accepted", Status.SENDING),
        ("queued", Status.SENDING),
        ("sending", Status.SENDING),
        ("sent", Status.SENT),
        ("delivered", Status.DELIVERED),
        ("read", Status.READ),
        ("failed", Status.FAILED),
        ("undelivered", Status.FAILED),
    ],
)
def test_twilios_words_for_how_far_it_got(said: str, status: Status) -> None:
    assert read_status({"MessageSid": SID, "MessageStatus": said}) == StatusReport(SID, status)


def test_a_failure_says_why_without_phone_numbers() -> None:
    form = {
        "MessageSid": SID,
        "MessageStatus": "undelivered",
        "ErrorCode": "63016",
        "ChannelStatusMessage": "Failed to send to +6591230001: outside the window",
    }
    assert read_status(form) == StatusReport(SID, Status.FAILED, 63016, "Failed to send to ***: outside the window")


def test_older_field_names_are_read() -> None:
    assert read_status({"SmsSid": SID, "SmsStatus": "sent"}) == StatusReport(SID, Status.SENT)


@pytest.mark.parametrize(
    "form",
    [{}, {"MessageSid": SID}, {"MessageStatus": "sent"}, {"MessageSid": SID, "MessageStatus": "received"},
     {"MessageSid": "' OR 1", "MessageStatus": "sent"}],
)  # fmt: skip
def test_what_says_nothing_is_none(form: dict[str, str]) -> None:
    assert read_status(form) is None


@pytest.mark.parametrize("code", ["", "abc", "0", "²", "99999999999999"])
def test_an_error_code_that_is_none_is_left_out(code: str) -> None:
    report = read_status({"MessageSid": SID, "MessageStatus": "failed", "ErrorCode": code})
    assert report is not None
    assert report.error_code is None


def test_every_code_has_a_remedy() -> None:
    assert remedy(63016) is Remedy.TEMPLATE
    assert remedy(63018) is remedy(20429) is Remedy.LATER
    assert remedy(21610) is remedy(63033) is Remedy.OPTED_OUT
    assert remedy(30007) is remedy(None) is Remedy.PERSON
