"""Settings: the names, the defaults, and errors that name a variable without its value."""

from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.demo import demo_settings
from bot.settings import InvalidSettings, Settings, load_settings
from core.domain.reminders import ReminderKind


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the machine and no .env of the checkout."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"RESUPPLY_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.timezone) == ("127.0.0.1", 8003, "Asia/Singapore")
    assert settings.tax_rate == Decimal("0.09")
    assert settings.database == f"sqlite:///{Path('var/resupply.db').resolve()}"
    assert settings.binding_problem is None


def test_usual_names_and_ours_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    monkeypatch.setenv("RESUPPLY_CUT_OFF", "16:30")
    monkeypatch.setenv("RESUPPLY_NAME_CLAIM_CHANNELS", "api, web")
    monkeypatch.setenv("RESUPPLY_API_KEY", "")
    settings = load_settings()
    assert settings.database == "postgresql://u:p@h/d"
    assert settings.cut_off == time(16, 30)
    assert settings.name_claim_channels == {"api", "web"}
    assert settings.api_key is None


def test_a_dot_env_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("RESUPPLY_PORT=9000\nRESUPPLY_CURRENCY=MYR\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("RESUPPLY_PORT", "9001")
    assert (load_settings().port, load_settings().currency) == (9001, "MYR")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RESUPPLY_PORT", "s3cret"),
        ("RESUPPLY_TIMEZONE", "s3cret"),
        ("RESUPPLY_TAX_RATE", "s3cret"),
        ("RESUPPLY_TRUSTED_PROXIES", "s3cret"),
        ("TELEGRAM_MODE", "s3cret"),
        ("OPENAI_BASE_URL", "s3cret"),
        ("DATABASE_URL", "mysql://root:s3cret@host/db"),
        ("REDIS_URL", "s3cret"),
        ("RESUPPLY_WHATSAPP_TEMPLATE_VARIABLES", "s3cret"),
        ("RESUPPLY_WHATSAPP_TEMPLATE_VARIABLES", '["s3cret"]'),
        ("RESUPPLY_WHATSAPP_TEMPLATE_VARIABLES", '{"1": "{s3cret}"}'),
    ],
)
def test_a_bad_setting_is_named_and_its_value_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidSettings) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{variable}: ")
    assert "s3cret" not in str(caught.value)


def test_only_loopback_may_go_without_a_key() -> None:
    assert load_settings(host="::1").binding_problem is None
    assert "RESUPPLY_API_KEY" in (load_settings(host="0.0.0.0").binding_problem or "")
    assert load_settings(host="0.0.0.0", api_key="k").binding_problem is None


def test_secrets_are_not_shown() -> None:
    settings = load_settings(api_key="s3cret", database_url="postgresql://u:s3cret@h/d")
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize("value", ["", " ", "none"])
def test_no_channel_may_name_an_outlet_where_the_value_is_empty(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("RESUPPLY_NAME_CLAIM_CHANNELS", value)
    assert load_settings().may_name_an_outlet == frozenset()
    assert load_settings(demo=True).may_name_an_outlet == {"web"}


def test_an_empty_line_of_the_dot_env_means_no_channel_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("RESUPPLY_NAME_CLAIM_CHANNELS=\nRESUPPLY_API_KEY=\n")
    assert load_settings().name_claim_channels == frozenset()
    assert load_settings().api_key is None
    monkeypatch.setenv("RESUPPLY_NAME_CLAIM_CHANNELS", "api")
    assert load_settings().name_claim_channels == {"api"}
    Path(".env").write_text("RESUPPLY_NAME_CLAIM_CHANNELS=api\n")
    monkeypatch.setenv("RESUPPLY_NAME_CLAIM_CHANNELS", "")
    assert load_settings().name_claim_channels == frozenset()


def test_only_trusted_callers_may_name_an_outlet_and_in_the_demo_the_browser() -> None:
    assert load_settings().may_name_an_outlet == {"api", "terminal"}
    assert load_settings(web_chat=True).may_name_an_outlet == {"api", "terminal"}
    assert load_settings(demo=True).may_name_an_outlet == {"api", "terminal", "web"}


def test_the_demo_has_its_own_folder_and_loopback_whatever_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert demo_settings().data_dir == Path("var/demo")
    monkeypatch.setenv("RESUPPLY_DATA_DIR", "/srv/desk")
    monkeypatch.setenv("RESUPPLY_HOST", "0.0.0.0")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    monkeypatch.setenv("REDIS_URL", "redis://h")
    settings = demo_settings()
    assert settings.database == "sqlite:////srv/desk/demo/resupply.db"
    assert (settings.host, settings.redis_url, settings.demo) == ("127.0.0.1", None, True)


WHATSAPP = {
    "twilio_account_sid": "AC" + "0a" * 16,
    "twilio_auth_token": "s3cret",
    "twilio_whatsapp_from": "whatsapp:+6531234567",
    "public_url": "https://desk.example",
}
TELEGRAM = {
    "telegram_bot_token": "7000000001:AAs3cret",
    "telegram_mode": "webhook",
    "telegram_webhook_secret": "s3cret",
    "public_url": "https://desk.example",
}


@pytest.mark.parametrize(
    ("whole", "name", "value"),
    [
        (WHATSAPP, "twilio_account_sid", "SKs3cret"),
        (WHATSAPP, "twilio_whatsapp_from", "s3cret"),
        (WHATSAPP, "twilio_auth_token", None),
        (WHATSAPP, "public_url", None),
        (TELEGRAM, "telegram_bot_token", "s3cret"),
        (TELEGRAM, "telegram_webhook_secret", None),
        (TELEGRAM, "public_url", "http://desk.example"),
    ],
)
def test_a_messenger_set_in_part_or_wrongly_is_named(whole: dict[str, str], name: str, value: str | None) -> None:
    assert load_settings(**whole).channel_problem is None
    problem = load_settings(**{**whole, name: value}).channel_problem or ""
    assert name.removeprefix("public_").upper() in problem
    assert "s3cret" not in problem


def test_template_variables_are_json() -> None:
    assert load_settings(whatsapp_template_variables='{"1": "{text}"}').whatsapp_template_variables == {"1": "{text}"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RESUPPLY_REMINDERS", "draft, s3cret"),
        ("RESUPPLY_REMINDER_TIMES", "s3cret"),
        ("RESUPPLY_REMINDER_TIMES", '{"s3cret": "16:00"}'),
        ("RESUPPLY_REMINDER_TIMES", '{"draft": "s3cret"}'),
        ("RESUPPLY_REMINDER_TIMES", '{"East": {"draft": "s3cret"}}'),
        ("RESUPPLY_QUIET_HOURS", "s3cret"),
        ("RESUPPLY_QUIET_HOURS", "21:00-26:00"),
        ("RESUPPLY_REMINDER_RECIPIENTS", "s3cret"),
    ],
)
def test_settings_of_reminders_that_mean_nothing_are_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidSettings, match=variable) as raised:
        load_settings()
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("value", ["", " ", "none"])
def test_no_reminders_are_sent_where_the_value_is_empty(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert load_settings().reminder_rules.kinds == frozenset(ReminderKind)
    monkeypatch.setenv("RESUPPLY_REMINDERS", value)
    assert load_settings().reminder_rules.kinds == frozenset()
    monkeypatch.delenv("RESUPPLY_REMINDERS")
    Path(".env").write_text(f"RESUPPLY_REMINDERS={value}\n")
    assert load_settings().reminder_rules.kinds == frozenset()


def test_reminders_may_be_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESUPPLY_REMINDERS", "draft, overdue")
    monkeypatch.setenv("RESUPPLY_REMINDER_TIMES", '{"draft": "2h", "East": {"draft": "30m"}}')
    rules = load_settings().reminder_rules
    assert {kind.value for kind in rules.kinds} == {"draft", "overdue"}
    assert (rules.times.of("West").draft, rules.times.of("East").draft) == (timedelta(hours=2), timedelta(minutes=30))


@pytest.mark.parametrize("prefix", ["INV-", "SP-", "A", "D2-", "SP-INV-", "Straits"])
def test_invoice_numbers_may_begin_with_letters_digits_and_hyphens(prefix: str) -> None:
    assert load_settings(invoice_prefix=prefix).invoice_prefix == prefix


@pytest.mark.parametrize("prefix", ["INV 1", "-INV", "D2", "2-", "S3CRETS3CRETX", "INV/", "ÄB-", "RS-", "cn-", ""])
def test_other_beginnings_of_invoice_numbers_are_refused(prefix: str) -> None:
    with pytest.raises(InvalidSettings, match=r"^RESUPPLY_INVOICE_PREFIX: "):
        load_settings(invoice_prefix=prefix)
