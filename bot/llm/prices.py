"""What a model costs: the price table of the settings, and how many tokens a text may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

_MILLION = Decimal(1_000_000)
_MINUTE = Decimal(60)

# English has about four bytes a token, other scripts about three: an estimate that is rather too high.
_BYTES_PER_TOKEN = 3
_TOKENS_PER_MESSAGE = 8
_TOKENS_PER_IMAGE = 2_000

# Voice notes are Opus at 16 kbit/s or more; other recordings have more bytes a second.
_BYTES_PER_SECOND = 2_000

Usd = Annotated[Decimal, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class Spent:
    """What one request used. `cached_tokens` are those of `input_tokens` that the provider had read before.

    `estimated`: the provider did not say, and this is our estimate.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    audio_seconds: Decimal = Decimal(0)
    estimated: bool = False


class Price(BaseModel):
    """A model's prices in US dollars: of a million tokens, and of a minute of sound.

    Without `cached_input` a token that was read before costs as much as any other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Usd | None = None
    output: Usd | None = None
    cached_input: Usd | None = None
    audio_minute: Usd | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Price":
        if (self.input is None) != (self.output is None) or (self.input is None and self.audio_minute is None):
            raise ValueError('needs "input" and "output", or "audio_minute"')
        return self

    def cost(self, spent: Spent) -> Decimal:
        """US dollars, exact."""
        if self.audio_minute is not None and spent.audio_seconds:
            return self.audio_minute * spent.audio_seconds / _MINUTE
        given, written = self.input or Decimal(0), self.output or Decimal(0)
        cached = given if self.cached_input is None else self.cached_input
        fresh = spent.input_tokens - spent.cached_tokens
        return (fresh * given + spent.cached_tokens * cached + spent.output_tokens * written) / _MILLION


def cost_of(prices: Mapping[str, Price], model: str, spent: Spent) -> Decimal:
    """US dollars; nothing for a model that has no price (without a budget it needs none)."""
    price = prices.get(model)
    return price.cost(spent) if price is not None else Decimal(0)


def tokens_of(*texts: str, images: int = 0) -> int:
    """About how many tokens texts and images have, rather too many than too few."""
    written = sum(len(text.encode()) // _BYTES_PER_TOKEN + _TOKENS_PER_MESSAGE for text in texts)
    return written + images * _TOKENS_PER_IMAGE


def seconds_of(audio: bytes) -> Decimal:
    """About how long a recording is, rather too long than too short."""
    return Decimal(len(audio)) / _BYTES_PER_SECOND
