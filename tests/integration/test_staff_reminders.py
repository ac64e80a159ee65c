"""Reminders as staff see and set them: the commands as typed, and the doctor's line, on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app, out
from bot.findings import Finding
from bot.reminders.checks import reminder_settings
from bot.settings import load_settings
from tests.sandbox.twilio_server import ACCOUNT_SID

Type = Callable[..., Result]


@pytest.fixture
def typed(sample_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types a command for the test's database."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("DATABASE_URL", sample_url), ("RESUPPLY_DATA_DIR", str(tmp_path))):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(out, "width", 300)
    return lambda *words: CliRunner().invoke(app, words)


@pytest.mark.parametrize(
    ("setting", "words", "printed"),
    [
        ("draft", ("on", "draft"), "Reminders of the kind 'draft' are on for CPZ-PSR."),
        (
            "received",
            ("on", "draft"),
            "Reminders of the kind 'draft' are on for CPZ-PSR, but RESUPPLY_REMINDERS leaves this kind out, so none "
            "are sent.",
        ),
        ("received", ("off", "draft"), "Reminders of the kind 'draft' are off for CPZ-PSR."),
        ("received", ("on",), "All reminders are on for CPZ-PSR."),
        ("", ("on",), "All reminders are on for CPZ-PSR, but RESUPPLY_REMINDERS names no kind, so none are sent."),
        ("", ("off",), "All reminders are off for CPZ-PSR."),
    ],
)
def test_what_the_settings_keep_off_for_everybody_is_said(
    typed: Type, monkeypatch: pytest.MonkeyPatch, setting: str, words: tuple[str, ...], printed: str
) -> None:
    monkeypatch.setenv("RESUPPLY_REMINDERS", setting)
    how, *kind = words
    assert typed("reminders", how, "CPZ-PSR", *kind).stdout.strip() == printed


def test_the_doctor_says_which_reminders_are_sent_and_when_none() -> None:
    off = Finding("reminders", True, "off (no messenger is configured)")
    assert reminder_settings(load_settings()) == off
    assert reminder_settings(load_settings(reminders="none")).state == "off (RESUPPLY_REMINDERS names no kind)"
    telegram = load_settings(telegram_bot_token="7:x", reminders="draft, cut-off")
    assert reminder_settings(telegram) == Finding("reminders", True, "cut-off, draft; none 21:00-08:00")


def test_the_doctor_says_that_whatsapp_without_a_template_reaches_few() -> None:
    without = load_settings(twilio_account_sid=ACCOUNT_SID)
    assert "only to who wrote within a day" in reminder_settings(without).state
    template = load_settings(twilio_account_sid=ACCOUNT_SID, whatsapp_template_sid=f"HX{'0' * 32}")
    assert "only" not in reminder_settings(template).state


@pytest.mark.parametrize(("zone", "known"), [("East", True), ("Moon", False)])
def test_the_doctor_names_a_zone_that_no_outlet_is_in(
    typed: Type, monkeypatch: pytest.MonkeyPatch, zone: str, known: bool
) -> None:
    monkeypatch.setenv("RESUPPLY_REMINDER_TIMES", f'{{"{zone}": {{"draft": "1h"}}}}')
    printed = typed("doctor").stdout
    assert ("RESUPPLY_REMINDER_TIMES: no outlet in Moon" in printed) is not known
    assert "reminders: off (no messenger is configured)" in printed
