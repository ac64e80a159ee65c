"""The JSON of the browser chat: what the page sends, and what it is shown."""

import json
import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.http.cleaning import clean
from bot.web_chat.ports import Logged
from core.domain.messages import ChatRef
from core.errors import InvalidInput
from core.ports import Reference

CHANNEL = "web"
IDENTITY = re.compile(r"[+\w:.\-]{1,64}", re.ASCII)


class Sent(BaseModel):
    """A message from the page. `id` is made in the browser and becomes the provider id."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    id: UUID
    sender: Annotated[str, Field(alias="as", max_length=64)] = ""
    session: UUID
    text: Annotated[str, StringConstraints(max_length=20_000)]
    choice_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    quoted: Annotated[str, StringConstraints(max_length=4_000)] | None = None


def read_sent(body: bytes, max_text: int) -> Sent:
    """The message in a request body, its text without markup and control characters. Raises InvalidInput."""
    try:
        sent = Sent.model_validate_json(body)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "body"
        raise InvalidInput(f"{where} is not valid") from error
    text = clean(sent.text)
    if not text and not sent.choice_id:
        raise InvalidInput("text is empty")
    if len(text) > max_text:
        raise InvalidInput(f"text is longer than {max_text} characters")
    return sent.model_copy(update={"text": text, "quoted": clean(sent.quoted or "") or None})


def chat_of(sender: str, session: str, *, demo: bool) -> ChatRef:
    """The chat of a browser. Only the demo may name a sender; otherwise the session is the identity."""
    try:
        session = str(UUID(session))
    except ValueError as error:
        raise InvalidInput("session is not valid") from error
    if not sender:
        return ChatRef(CHANNEL, f"web:{session}", session)
    if not demo or not IDENTITY.fullmatch(sender):
        raise InvalidInput("as is not valid")
    return ChatRef(CHANNEL, sender, session)


def message_json(row: Logged) -> dict[str, Any]:
    """A log row as the page shows it; `id` is the browser's own for a message it sent."""
    inbound = row.direction == "in"
    return {
        "seq": row.seq,
        "id": row.provider_id if inbound and row.provider_id else f"log-{row.seq}",
        "direction": row.direction,
        "text": row.text,
        "choices": [dict(choice) for choice in row.choices],
        "at": row.at.isoformat(),
        "turn": row.turn_id,
        "waiting": inbound and row.state == "waiting",
        "quoted": row.quoted,
        **({"document": {"name": row.text, "order": row.document}} if row.document else {}),
    }


def contacts_json(reference: Reference) -> list[dict[str, Any]]:
    """Every known sender with its outlets' names, for the demo's picker."""
    directory = reference.directory
    return [
        {"id": identity, "outlets": [outlet.name for outlet in directory.outlets_of(identity)]}
        for identity in directory.contacts
        if directory.outlets_of(identity)
    ]


def dumps(value: Any) -> str:
    """JSON on one line, as an event's data must be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
