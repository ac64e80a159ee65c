"""The wire format of chat completions: requests as a server takes them, and answers read with suspicion.

Servers that speak "the OpenAI API" differ in a few fields; a `Dialect` knows which, from the settings and from what the
server has refused so far.
"""

from base64 import b64encode
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import structlog
from openai import BadRequestError
from openai.types import CompletionUsage
from openai.types.audio import Transcription
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from bot.llm.failures import CallFailed, Reason
from bot.llm.prices import Spent
from core.ports import MediaFile, Prompt

log = structlog.get_logger(__name__)

SchemaForm = Literal["json_schema", "json_object"]

_MOST_TOKENS = 100_000_000
_REFUSED_FIELDS = ("unsupported_parameter", "unsupported_value", "unknown_parameter", None)
_FINISHED = "stop"
_EXTENSIONS = {
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/x-m4a": "m4a",
    "audio/m4a": "m4a",
    "audio/aac": "m4a",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/webm": "webm",
    "audio/flac": "flac",
    "video/mp4": "mp4",
}


@dataclass(slots=True)
class Dialect:
    """How a server wants its requests. `learn` changes it by what the server refused."""

    schema_form: SchemaForm
    limit: Literal["max_completion_tokens", "max_tokens"]
    effort: str | None = None
    temperature: bool = True
    usage_in_streams: bool = True

    def request(self, model: str, prompt: Prompt, *, stream: bool) -> dict[str, Any]:
        """The fields of one request."""
        fields: dict[str, Any] = {
            "model": model,
            "messages": [
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": _content(prompt)},
            ],
            self.limit: prompt.max_tokens,
        }
        if self.temperature:
            fields["temperature"] = 0
        if self.effort is not None:
            fields["reasoning_effort"] = self.effort
        if prompt.schema is not None:
            fields["response_format"] = self._response_format(prompt)
        if stream:
            fields["stream"] = True
            if self.usage_in_streams:
                fields["stream_options"] = {"include_usage": True}
        return fields

    def learn(self, error: BadRequestError) -> bool:
        """Whether a refusal named a field that can be left out or renamed; the next request does so."""
        if error.code not in _REFUSED_FIELDS:
            return False
        if error.param == "max_tokens" and self.limit == "max_tokens":
            self.limit = "max_completion_tokens"
        elif error.param == "max_completion_tokens" and self.limit == "max_completion_tokens":
            self.limit = "max_tokens"
        elif error.param == "temperature" and self.temperature:
            self.temperature = False
        elif error.param in ("stream_options", "stream_options.include_usage") and self.usage_in_streams:
            self.usage_in_streams = False
        else:
            return False
        log.info("model_field_refused", field=error.param)
        return True

    def _response_format(self, prompt: Prompt) -> dict[str, Any]:
        if self.schema_form == "json_object":
            return {"type": "json_object", "schema": prompt.schema}
        return {"type": "json_schema", "json_schema": {"name": prompt.task, "strict": True, "schema": prompt.schema}}


def _content(prompt: Prompt) -> str | list[dict[str, Any]]:
    if not prompt.images:
        return prompt.user
    pictures = [{"type": "image_url", "image_url": {"url": _data_url(image)}} for image in prompt.images]
    return [{"type": "text", "text": prompt.user}, *pictures]


def _data_url(image: MediaFile) -> str:
    return f"data:{_plain(image.content_type)};base64,{b64encode(image.content).decode()}"


def upload_of(audio: MediaFile) -> tuple[str, bytes, str]:
    """A recording as a file to send. Its name is ours, for the customer's may say anything; its ending says the kind.

    Raises CallFailed for a kind that no transcription takes.
    """
    kind = _plain(audio.content_type)
    if kind not in _EXTENSIONS:
        raise CallFailed(Reason.UNSUPPORTED, "kind of sound")
    return f"voice.{_EXTENSIONS[kind]}", audio.content, kind


def _plain(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def answer_of(completion: object, prompt: Prompt) -> str:
    """The text of a whole answer. Raises CallFailed where there is none, or it is cut off, or the model declined.

    The SDK does not check what servers send: any field may be of another type.
    """
    choice = _first_choice(completion)
    message = getattr(choice, "message", None)
    if getattr(message, "refusal", None):
        raise CallFailed(Reason.DECLINED, "refusal", reached=True)
    check_finish(getattr(choice, "finish_reason", None))
    return checked_text(getattr(message, "content", None), prompt)


def checked_text(text: object, prompt: Prompt) -> str:
    """An answer's text. Raises CallFailed where it is empty, or far longer than was asked for."""
    if not isinstance(text, str) or not text.strip():
        raise CallFailed(Reason.GARBAGE, "no text", reached=True)
    if len(text) > longest(prompt):
        raise CallFailed(Reason.GARBAGE, "too long", reached=True)
    return text


def longest(prompt: Prompt) -> int:
    """How many characters an answer may have; a token has four or so."""
    return 32 * prompt.max_tokens


def check_finish(reason: object) -> None:
    """Raises CallFailed unless the model came to the end of its answer by itself."""
    if reason == _FINISHED:
        return
    if reason == "content_filter":
        raise CallFailed(Reason.DECLINED, "content filter", reached=True)
    note = reason if reason in ("length", "tool_calls", "function_call") else "no finish_reason"
    raise CallFailed(Reason.CUT_OFF, str(note), reached=True)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a streamed answer: some text, the reason why it ended, or both missing."""

    text: str = ""
    finish: str | None = None


def piece_of(chunk: object) -> Piece:
    """What a chunk of a stream carries. Raises CallFailed where the model declines, or it is no chunk."""
    choices: Any = chunk.choices if isinstance(chunk, ChatCompletionChunk) else None
    if not isinstance(choices, list):
        raise CallFailed(Reason.GARBAGE, "no chunk", reached=True)
    if not choices:  # the last one, which carries the usage
        return Piece()
    choice: Any = choices[0]
    delta: Any = getattr(choice, "delta", None)
    if getattr(delta, "refusal", None):
        raise CallFailed(Reason.DECLINED, "refusal", reached=True)
    text, finish = getattr(delta, "content", None), getattr(choice, "finish_reason", None)
    if text is not None and not isinstance(text, str):
        raise CallFailed(Reason.GARBAGE, "no text", reached=True)
    return Piece(text or "", finish if isinstance(finish, str) else None)


def transcript_of(answer: object) -> str:
    """The words of a transcription. Raises CallFailed where there are none."""
    text = answer.text if isinstance(answer, Transcription) else None
    if not isinstance(text, str):
        raise CallFailed(Reason.GARBAGE, "no words", reached=True)
    return text.strip()


def spent_of(answer: object) -> Spent | None:
    """What the provider says a request used; None where it does not, or cannot be right."""
    usage = getattr(answer, "usage", None)
    if isinstance(answer, Transcription):
        return _spent_on_sound(usage)
    if not isinstance(usage, CompletionUsage):
        return None
    details = usage.prompt_tokens_details
    given, written = _count(usage.prompt_tokens), _count(usage.completion_tokens)
    cached = _count(getattr(details, "cached_tokens", None)) or 0
    if given is None or written is None:
        return None
    return Spent(given, written, min(cached, given))


def _spent_on_sound(usage: object) -> Spent | None:
    given, written = _count(getattr(usage, "input_tokens", None)), _count(getattr(usage, "output_tokens", None))
    if given is not None and written is not None:
        return Spent(given, written)
    seconds = getattr(usage, "seconds", None)
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds < _MOST_TOKENS:
        return Spent(audio_seconds=Decimal(str(seconds)))
    return None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_TOKENS else None


def _first_choice(completion: object) -> object:
    choices: Any = completion.choices if isinstance(completion, ChatCompletion) else None
    if not isinstance(choices, list) or not choices or choices[0] is None:
        raise CallFailed(Reason.GARBAGE, "no choices", reached=True)
    return choices[0]
