"""The model's settings: what is missing is named, and no value is repeated."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.llm.client import open_model
from bot.metrics import Metrics
from bot.settings import InvalidSettings, Settings, load_settings
from bot.storage.database import Database
from tests.sandbox.openai.clients import Day

OPENAI = {"openai_api_key": "sk-s3cret", "openai_model": "gpt-mini"}
LOCAL = {"openai_base_url": "http://127.0.0.1:8000/v1", "openai_model": "small"}


@pytest.mark.parametrize("whole", [{}, OPENAI, LOCAL, {**OPENAI, "openai_transcription_model": "hear"}])
def test_settings_that_are_whole(whole: dict[str, str]) -> None:
    assert load_settings(**whole).model_problem is None


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"openai_api_key": "sk-s3cret"}, "OPENAI_API_KEY needs OPENAI_MODEL"),
        ({"openai_base_url": "http://127.0.0.1/v1"}, "OPENAI_BASE_URL needs OPENAI_MODEL"),
        ({"openai_transcription_model": "hear"}, "OPENAI_TRANSCRIPTION_MODEL needs OPENAI_MODEL"),
        ({"openai_model": "gpt-mini"}, "OPENAI_MODEL needs OPENAI_API_KEY"),
        ({**OPENAI, "model_daily_budget_usd": "5"}, "a price of gpt-mini in RESUPPLY_MODEL_PRICES"),
    ],
)
def test_settings_in_part_are_named_and_refused(given: dict[str, str], named: str, tmp_path: Path) -> None:
    settings = load_settings(**given)
    assert named in (settings.model_problem or "")
    assert "s3cret" not in (settings.model_problem or "")
    with pytest.raises(InvalidSettings):
        opened(settings, tmp_path)


def test_an_address_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="OPENAI_BASE_URL"):
        opened(load_settings(**{**LOCAL, "openai_base_url": "http://[::1/v1"}), tmp_path)


def test_no_model_is_none(tmp_path: Path) -> None:
    assert opened(load_settings(), tmp_path) is None


def opened(settings: Settings, folder: Path) -> object:
    return open_model(settings, Database.open(f"sqlite:///{folder / 'unused.db'}"), Day(), Metrics())


def test_prices_are_json_and_exact() -> None:
    settings = load_settings(
        **OPENAI, model_prices='{"gpt-mini": {"input": 0.15, "output": "0.60"}}', model_daily_budget_usd="2.50"
    )
    assert settings.model_problem is None
    assert settings.model_prices["gpt-mini"].input == Decimal("0.15")
    assert settings.model_daily_budget_usd == Decimal("2.50")


@pytest.mark.parametrize("budget", ["none", None])
def test_no_budget_is_no_limit(budget: str | None) -> None:
    assert load_settings(**OPENAI, model_daily_budget_usd=budget).model_daily_budget_usd is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model_prices", "s3cret"),
        ("model_prices", '{"gpt-mini": {"input": "s3cret", "output": "1"}}'),
        ("model_prices", '{"gpt-mini": {"input": "1"}}'),
        ("model_daily_budget_usd", "-1"),
        ("model_daily_budget_usd", "s3cret"),
        ("model_deadline_seconds", "0"),
        ("model_schema_form", "s3cret"),
        ("model_reasoning_effort", "S3CRET!"),
        ("openai_base_url", "s3cret"),
    ],
)
def test_a_bad_value_is_named_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        load_settings(**{name: value})
    assert name.upper().removeprefix("OPENAI_") in str(refused.value)
    assert "s3cret" not in str(refused.value).lower()


def test_they_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "OPENAI_API_KEY": "sk-s3cret",
        "OPENAI_MODEL": "gpt-mini",
        "OPENAI_TRANSCRIPTION_MODEL": "hear",
        "RESUPPLY_MODEL_VISION": "true",
        "RESUPPLY_MODEL_SCHEMA_FORM": "json_object",
        "RESUPPLY_MODEL_DEADLINE_SECONDS": "3",
        "RESUPPLY_MODEL_PRICES": '{"gpt-mini": {"input": "1", "output": "2"}, "hear": {"audio_minute": "0.006"}}',
        "RESUPPLY_MODEL_DAILY_BUDGET_USD": "5",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.model_problem is None
    assert (settings.openai_transcription_model, settings.model_vision) == ("hear", True)
    assert (settings.model_schema_form, settings.model_deadline_seconds) == ("json_object", 3)
    assert settings.model_prices["hear"].audio_minute == Decimal("0.006")
