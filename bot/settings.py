"""Settings of the running program: read once from the environment and `.env`, then handed down.

The usual names are used where there is one (`DATABASE_URL`); ours begin with `RESUPPLY_`.
"""

import json
import re
from datetime import time
from decimal import Decimal
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.llm.prices import Price
from channels.whatsapp.addresses import address_of
from core.domain.invoices import INVOICE_PREFIX
from core.domain.reminder_times import QuietHours
from core.domain.reminder_times import ReminderTimes as TimesOfReminders
from core.domain.reminders import ReminderKind
from core.domain.reminding import ReminderRules
from core.errors import InvalidInput


class InvalidSettings(InvalidInput):
    """A setting that cannot be used. The message names the variable and never repeats its value."""

    code = "invalid_settings"


def _split(value: Any) -> Any:
    """Read a comma separated list as it is written in an environment variable."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _names(value: Any) -> Any:
    """Read a list of names; `none` is a way to write that there are none."""
    given = _split(value)
    return [] if given == ["none"] else given


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a known time zone, such as Asia/Singapore")
    return name


def _url_of(*schemes: str) -> AfterValidator:
    """Accepts an address of these kinds; the message does not repeat it, for it may hold a password."""

    def check(value: SecretStr) -> SecretStr:
        scheme, separator, rest = value.get_secret_value().partition("://")
        if not separator or not rest or scheme.partition("+")[0] not in schemes:
            raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return value

    return AfterValidator(check)


def _plain_secret(value: SecretStr) -> SecretStr:
    """What Telegram takes as `secret_token` (Bot API, setWebhook)."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()) is None:
        raise ValueError("must have 1 to 256 letters, digits, _ or -")
    return value


def _folder_or_object_store(value: str) -> str:
    scheme, separator, _ = value.partition("://")
    if separator and scheme not in ("s3", "gs", "az"):
        raise ValueError("must be a folder, or begin with s3://, gs:// or az://")
    return value


def _variables(value: Any) -> Any:
    """Read a template's variables, which are written as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError('must be JSON, such as {"1": "{supplier}", "2": "{text}"}') from None


def _price_table(value: Any) -> Any:
    """Read the models' prices, which are written as JSON; their digits are kept as written."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_float=Decimal)
    except ValueError:
        raise ValueError('must be JSON, such as {"MODEL": {"input": "0.15", "output": "0.60"}}') from None


def _reminder_times(value: Any) -> Any:
    """Read the times of reminders, which are written as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError('must be JSON, such as {"delivery tomorrow": "16:00"}') from None


def _known_times(times: dict[str, Any]) -> dict[str, Any]:
    TimesOfReminders.from_json(times)
    return times


def _known_kinds(names: frozenset[str]) -> frozenset[str]:
    unknown = names - set(ReminderKind)
    if unknown:
        raise ValueError(f"may only hold {', '.join(ReminderKind)}, or none")
    return names


def _number_prefix(text: str) -> str:
    """What invoice numbers may begin with: never a digit next to the order's, nor what other documents begin with."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,9}", text) is None or not re.search(r"[A-Za-z]", text):
        raise ValueError("must have 1 to 10 letters, digits and -, with a letter among them and no - in front")
    if text[-1].isdigit():
        raise ValueError("must end with a letter or -, for a number follows")
    if text.upper() in _NUMBERED_OTHERWISE:
        raise ValueError(f"must not be {' or '.join(_NUMBERED_OTHERWISE)}: orders and credit notes are numbered so")
    return text


def _two_times(text: str) -> str:
    QuietHours.from_text(text)
    return text


def _no_limit(value: Any) -> Any:
    """`none` is a way to write that there is no limit."""
    return None if value == "none" else value


def _known_places(variables: dict[str, str]) -> dict[str, str]:
    unknown = {place for text in variables.values() for place in re.findall(r"\{\w*\}", text)} - _PLACES
    if unknown:
        raise ValueError(f"may only hold {', '.join(sorted(_PLACES))}")
    return variables


def _usual(name: str, default: Any = None) -> Any:
    """A field whose variable carries a usual name rather than our prefix."""
    return Field(default=default, validation_alias=AliasChoices(name, name.lower()))


Names = Annotated[frozenset[str], NoDecode, BeforeValidator(_names)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split)]
DatabaseUrl = Annotated[SecretStr, _url_of("postgresql", "postgres", "sqlite")]
RedisUrl = Annotated[SecretStr, _url_of("redis", "rediss", "unix")]
Prices = Annotated[dict[str, Price], NoDecode, BeforeValidator(_price_table)]
ReminderTimes = Annotated[dict[str, Any], NoDecode, BeforeValidator(_reminder_times), AfterValidator(_known_times)]
ReminderKinds = Annotated[frozenset[str], NoDecode, BeforeValidator(_names), AfterValidator(_known_kinds)]
Budget = Annotated[Annotated[Decimal, Field(ge=0)] | None, BeforeValidator(_no_limit)]
WebhookSecret = Annotated[SecretStr, AfterValidator(_plain_secret)]
KnowledgeUri = Annotated[str, AfterValidator(_folder_or_object_store)]
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
NumberPrefix = Annotated[str, AfterValidator(_number_prefix)]
Variables = Annotated[dict[str, str], NoDecode, BeforeValidator(_variables), AfterValidator(_known_places)]

_PLACES = frozenset({"{supplier}", "{outlet}", "{text}"})  # `channels.whatsapp.template` replaces them
_NUMBERED_OTHERWISE = ("RS-", "CN-")
_ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
_BOT_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")


_EMPTY_SAYS_NONE = frozenset({"name_claim_channels", "reminders"})


class _EmptySaysNone(PydanticBaseSettingsSource):
    """Passes on an empty value where it has a meaning of its own; elsewhere it counts as not set."""

    def __init__(self, settings_cls: type[BaseSettings], source: EnvSettingsSource) -> None:
        super().__init__(settings_cls)
        self._source = source

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """As the source has it."""
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """The fields that are there and empty."""
        fields = {name: self.settings_cls.model_fields[name] for name in _EMPTY_SAYS_NONE}
        return {name: "" for name, field in fields.items() if self.get_field_value(field, name)[0] == ""}


class Settings(BaseSettings):
    """Every setting, typed. Money in `currency`; durations in the unit that their name carries."""

    model_config = SettingsConfigDict(
        env_prefix="RESUPPLY_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    # Where things are kept.
    database_url: DatabaseUrl | None = _usual("DATABASE_URL")
    redis_url: RedisUrl | None = _usual("REDIS_URL")
    data_dir: Path = Path("var")

    # The model; none is needed.
    openai_api_key: SecretStr | None = _usual("OPENAI_API_KEY")
    openai_base_url: HttpUrl | None = _usual("OPENAI_BASE_URL")
    openai_model: str | None = _usual("OPENAI_MODEL")
    openai_transcription_model: str | None = _usual("OPENAI_TRANSCRIPTION_MODEL")
    model_vision: bool = Field(default=False, description="Whether the model reads images.")
    model_schema_form: Literal["json_schema", "json_object"] = "json_schema"
    model_reasoning_effort: str | None = Field(default=None, pattern=r"^[a-z]{1,20}$")
    model_deadline_seconds: float = Field(default=8.0, gt=0, le=120, description="For all calls of one turn.")
    model_attempts: int = Field(default=3, ge=1, le=10)
    model_concurrency: int = Field(default=8, ge=1, description="Requests at a time, per process.")
    model_breaker_failures: int = Field(default=5, ge=1)
    model_breaker_seconds: float = Field(default=30.0, gt=0, le=3_600)
    model_prices: Prices = Field(default={}, description="US dollars per million tokens and per minute of sound.")
    model_daily_budget_usd: Budget | None = None

    # The documents.
    knowledge_uri: KnowledgeUri | None = None
    knowledge_timeout_seconds: float = Field(default=5.0, gt=0, le=60, description="Then it is done without them.")
    embedder: Literal["wordllama", "sentence-transformers", "openai"] = "wordllama"
    embedding_model: str | None = Field(default=None, description="What the embedder calls it; wordllama has one.")

    # The cache.
    cache_ttl_seconds: float = Field(default=86_400, ge=1, le=30 * 86_400)
    cache_unsettled_ttl_seconds: float = Field(default=600, ge=1, le=30 * 86_400)

    # Channels.
    twilio_account_sid: str | None = _usual("TWILIO_ACCOUNT_SID")
    twilio_auth_token: SecretStr | None = _usual("TWILIO_AUTH_TOKEN")
    twilio_whatsapp_from: str | None = _usual("TWILIO_WHATSAPP_FROM")
    twilio_api_url: HttpUrl | None = _usual("TWILIO_API_URL")
    telegram_bot_token: SecretStr | None = _usual("TELEGRAM_BOT_TOKEN")
    telegram_webhook_secret: WebhookSecret | None = _usual("TELEGRAM_WEBHOOK_SECRET")
    telegram_mode: Literal["webhook", "polling"] = _usual("TELEGRAM_MODE", "polling")
    telegram_api_url: HttpUrl | None = _usual("TELEGRAM_API_URL")
    staff_chat: int | None = Field(default=None, description="The Telegram group of the supplier's staff: its chat id.")
    whatsapp_template_sid: str | None = Field(default=None, pattern=r"^HX[0-9a-fA-F]{32}$")
    whatsapp_template_variables: Variables = Field(
        default={"1": "{supplier}", "2": "{text}"},
        description="What fills the template's variables; {supplier}, {outlet} and {text} are replaced.",
    )
    provider_timeout_seconds: float = Field(default=10.0, gt=0, le=30)
    media_max_bytes: int = Field(default=10_000_000, ge=1_024)

    # Accounting.
    invoice_prefix: NumberPrefix = Field(default=INVOICE_PREFIX, description="What numbers of new invoices begin with.")
    xero_client_id: str | None = _usual("XERO_CLIENT_ID")
    xero_client_secret: SecretStr | None = _usual("XERO_CLIENT_SECRET")
    xero_api_url: HttpUrl | None = _usual("XERO_API_URL")
    xero_token_url: HttpUrl | None = _usual("XERO_TOKEN_URL")
    xero_authorize_url: HttpUrl | None = _usual("XERO_AUTHORIZE_URL")
    xero_webhook_key: SecretStr | None = _usual("XERO_WEBHOOK_KEY")
    xero_scopes: str = _usual(
        "XERO_SCOPES", "offline_access accounting.invoices accounting.contacts accounting.settings.read"
    )
    xero_tenant_id: str | None = _usual("XERO_TENANT_ID")
    xero_redirect_port: int = Field(default=8004, ge=0, le=65535, description="Of `resupply xero connect`'s callback.")
    secret_key: SecretStr | None = Field(default=None, description="Encrypts what is stored of Xero's tokens.")
    xero_invoice_status: Literal["DRAFT", "AUTHORISED"] = "AUTHORISED"
    xero_account_code: str | None = None
    xero_tax_type: str | None = Field(default=None, description="None: found by its rate among the organisation's.")
    xero_daily_limit: int = Field(default=1_000, ge=1)
    xero_minute_limit: int = Field(default=60, ge=1)
    xero_concurrency: int = Field(default=5, ge=1)
    xero_timeout_seconds: int = Field(default=30, ge=1, le=40)
    xero_poll_seconds: float = Field(
        default=900.0, ge=30, description="How often changes are fetched besides webhooks."
    )

    # Reminders.
    reminders: ReminderKinds = Field(
        default=frozenset(map(str, ReminderKind)),
        description="The kinds that are sent, `overdue` to the outlets that asked for it; empty or `none` for none.",
    )
    reminder_times: ReminderTimes = Field(default={}, description="JSON: by kind, or by zone and kind, when.")
    quiet_hours: Annotated[str, AfterValidator(_two_times)] = "21:00-08:00"
    reminder_recipients: Literal["one", "all"] = "one"

    # The server.
    host: str = "127.0.0.1"
    port: int = Field(default=8003, ge=0, le=65535)
    api_key: SecretStr | None = None
    public_url: HttpUrl | None = None
    trusted_proxies: Networks = ()
    max_body_bytes: int = Field(default=65_536, ge=1_024)
    max_message_chars: int = Field(default=4_000, ge=1)
    rate_limit_per_minute: int = Field(default=600, ge=0, description="Per user; 0 sets no limit.")
    address_limit_multiple: int = Field(default=10, ge=1)
    demo: bool = False
    web_chat: bool = False

    # The supplier.
    supplier_name: str = "Resupply"
    supplier_address: str = ""
    supplier_uen: str = ""
    supplier_gst_number: str = ""
    supplier_phone: str = ""
    supplier_email: str = ""
    supplier_payment: str = ""
    invoice_font: Path | None = None
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Singapore"
    country: str = Field(default="SG", pattern=r"^[A-Z]{2}$")
    currency: str = Field(default="SGD", pattern=r"^[A-Z]{3}$")
    tax_rate: Decimal = Field(default=Decimal("0.09"), ge=0, lt=1)
    cut_off: time = time(17, 0)
    lead_days: int = Field(default=1, ge=0, le=30)
    minimum_order: Decimal = Field(default=Decimal(0), ge=0)
    name_claim_channels: Names = frozenset({"api", "terminal"})

    # Turns and deliveries.
    burst_seconds: float = Field(default=1.5, ge=0, le=30)
    lease_seconds: float = Field(default=30.0, gt=0, le=600)
    reply_timeout_seconds: float = Field(default=25.0, gt=0)
    turn_concurrency: int = Field(default=64, ge=1)
    turn_queue: int = Field(default=2_000, ge=1)
    sweep_seconds: float = Field(default=1.0, gt=0)
    delivery_attempts: int = Field(default=50, ge=1)
    stop_grace_seconds: float = Field(default=20.0, ge=0)

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "console"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, then the environment, then `.env`."""
        assert isinstance(dotenv_settings, DotEnvSettingsSource)
        bare = EnvSettingsSource(settings_cls, env_ignore_empty=False)
        bare_file = DotEnvSettingsSource(settings_cls, dotenv_settings.env_file, env_ignore_empty=False)
        return (
            init_settings,
            env_settings,
            _EmptySaysNone(settings_cls, bare),
            dotenv_settings,
            _EmptySaysNone(settings_cls, bare_file),
        )

    @property
    def may_name_an_outlet(self) -> frozenset[str]:
        """The channels where an unknown sender may. In the demo's browser anyone may be anyone."""
        return self.name_claim_channels | ({"web"} if self.demo else set())

    @cached_property
    def zone(self) -> ZoneInfo:
        """The supplier's time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def reminder_rules(self) -> ReminderRules:
        """Which reminders are sent, and when."""
        return ReminderRules(
            self.zone,
            frozenset(map(ReminderKind, self.reminders)),
            TimesOfReminders.from_json(self.reminder_times),
            QuietHours.from_text(self.quiet_hours),
        )

    @property
    def database(self) -> str:
        """The database's URL; an SQLite file under `data_dir` when none is set. It may hold a password."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data_dir / 'resupply.db').resolve()}"

    @property
    def knowledge(self) -> str:
        """Where the documents' index is: a folder, under `data_dir` when none is set, or an object store's address."""
        if self.knowledge_uri is None:
            return str((self.data_dir / "knowledge").resolve())
        return self.knowledge_uri

    @property
    def knowledge_problem(self) -> str | None:
        """What is missing in the embedder's settings; None where nothing is."""
        if self.embedder != "wordllama" and self.embedding_model is None:
            return f"RESUPPLY_EMBEDDER={self.embedder} needs RESUPPLY_EMBEDDING_MODEL as well"
        if self.embedder == "openai" and self.openai_api_key is None and self.openai_base_url is None:
            return "RESUPPLY_EMBEDDER=openai needs OPENAI_API_KEY, or OPENAI_BASE_URL of a server that wants no key"
        return None

    @property
    def binding_problem(self) -> str | None:
        """Why the server must not listen on `host`: only loopback may go without an API key."""
        if self.api_key is not None or is_loopback(self.host):
            return None
        return f"RESUPPLY_API_KEY must be set to listen on {self.host}; without it only 127.0.0.1 is allowed"

    @property
    def model_problem(self) -> str | None:
        """What is missing in the model's settings; None where nothing is, or no model is named."""
        reached_by = {"OPENAI_API_KEY": self.openai_api_key, "OPENAI_BASE_URL": self.openai_base_url}
        given = [name for name, value in reached_by.items() if value]
        if self.openai_model is None:
            if self.embedder == "openai" and self.openai_transcription_model is None:
                return None  # for the documents only
            if self.openai_transcription_model is not None:
                given.append("OPENAI_TRANSCRIPTION_MODEL")
            return f"{' and '.join(given)} needs OPENAI_MODEL as well: the name of the model" if given else None
        if not given:
            return "OPENAI_MODEL needs OPENAI_API_KEY, or OPENAI_BASE_URL of a server that wants no key, as well"
        models = [self.openai_model, self.openai_transcription_model]
        unpriced = [model for model in models if model is not None and model not in self.model_prices]
        if self.model_daily_budget_usd is not None and unpriced:
            return f"RESUPPLY_MODEL_DAILY_BUDGET_USD needs a price of {' and '.join(unpriced)} in RESUPPLY_MODEL_PRICES"
        return None

    @property
    def xero_problem(self) -> str | None:
        """What is missing or wrong in Xero's settings; None where nothing is, or Xero is not used."""
        needed = {
            "XERO_CLIENT_ID": self.xero_client_id,
            "XERO_CLIENT_SECRET": self.xero_client_secret,
            "RESUPPLY_SECRET_KEY": self.secret_key,
        }
        if not (self.xero_client_id or self.xero_client_secret):
            return None
        if missing := [name for name, value in needed.items() if not value]:
            return f"Xero needs {' and '.join(missing)} as well"
        if "offline_access" not in self.xero_scopes.split():
            return "XERO_SCOPES needs offline_access, or the connection would last half an hour"
        assert self.secret_key is not None
        from bot.xero.vault import key_problem

        return key_problem(self.secret_key)

    @property
    def channel_problem(self) -> str | None:
        """What is missing or wrong in a messenger's settings; None where nothing is."""
        return self.whatsapp_problem or self.telegram_problem

    @property
    def whatsapp_problem(self) -> str | None:
        """What is missing or wrong in WhatsApp's settings."""
        needed = {
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token,
            "TWILIO_WHATSAPP_FROM": self.twilio_whatsapp_from,
        }
        if not any(needed.values()):
            return None
        missing = [name for name, value in needed.items() if not value]
        if self.public_url is None:
            missing.append("RESUPPLY_PUBLIC_URL")  # what Twilio signs begins with it
        if missing:
            return f"WhatsApp needs {' and '.join(missing)} as well"
        if _ACCOUNT_SID.fullmatch(self.twilio_account_sid or "") is None:
            return "TWILIO_ACCOUNT_SID is not the SID of an account: AC and 32 digits or letters a to f"
        if address_of(self.twilio_whatsapp_from or "") is None:
            return "TWILIO_WHATSAPP_FROM is not a phone number such as whatsapp:+6531234567"
        return None

    @property
    def telegram_problem(self) -> str | None:
        """What is missing or wrong in Telegram's settings."""
        if self.telegram_bot_token is None:
            return "RESUPPLY_STAFF_CHAT needs TELEGRAM_BOT_TOKEN as well" if self.staff_chat else None
        if _BOT_TOKEN.fullmatch(self.telegram_bot_token.get_secret_value()) is None:
            return "TELEGRAM_BOT_TOKEN is not a bot's token; @BotFather writes it like 123456789:AA..."
        if self.telegram_mode == "polling":
            return None
        needed = {"TELEGRAM_WEBHOOK_SECRET": self.telegram_webhook_secret, "RESUPPLY_PUBLIC_URL": self.public_url}
        missing = [name for name, value in needed.items() if not value]
        if missing:
            return f"TELEGRAM_MODE=webhook needs {' and '.join(missing)} as well"
        if self.telegram_api_url is None and not (self.public_url or "").startswith("https://"):
            return "TELEGRAM_MODE=webhook needs a RESUPPLY_PUBLIC_URL that begins with https://"
        return None


def is_loopback(host: str) -> bool:
    """Whether a host name or address reaches this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def load_settings(**given: Any) -> Settings:
    """Read the settings; `given` wins over the environment. Raises InvalidSettings."""
    try:
        return Settings(**given)
    except ValidationError as error:
        raise InvalidSettings("; ".join(_explain(problem) for problem in error.errors())) from None


def _explain(problem: Any) -> str:
    """One problem in words, with the variable's name and without its value."""
    first = str(problem["loc"][0]) if problem["loc"] else "settings"
    field = Settings.model_fields.get(first)
    usual = field is not None and field.validation_alias is not None
    name = first.upper() if usual or first.isupper() else f"RESUPPLY_{first.upper()}"
    return f"{name}: {problem['msg'].removeprefix('Value error, ')}"
