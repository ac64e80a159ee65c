"""A line of a chat's transcript in words, as the command line prints it."""

from bot.ports import DeliveredPart, TranscriptLine
from core.domain.messages import Attachment, Kind


def who(line: TranscriptLine) -> str:
    """Who wrote it: the customer, by the name they show, or which of us."""
    return line.by or line.author or "customer"


def words(line: TranscriptLine) -> str:
    """What was said, with what it answers before it, and files and choices behind it."""
    said = [f"> {line.quoted}"] if line.quoted else []
    if line.kind != Kind.TEXT:
        said.append(f"({line.kind})")
    said += [line.text] if line.text else []
    said += [named(file) for file in line.attachments]
    said += [f"[{choice.get('title', '')}]" for choice in line.choices]
    return "\n".join(said)


def how_far(line: TranscriptLine) -> str:
    """Its state, and of one that a provider carries how far it got, in the order of its parts and tries."""
    if not line.delivery:
        return line.state
    told = list(dict.fromkeys(_reached(part) for part in line.delivery))
    return ", ".join(told if line.state == "sent" else [line.state, *told])


def _reached(part: DeliveredPart) -> str:
    why = " ".join(text for text in (part.error_code, part.error) if text)
    return f"{part.status}: {why}" if why else part.status


def named(file: Attachment) -> str:
    """A file by its name, kind and size."""
    size = f", {file.size / 1000:,.0f} kB" if file.size is not None else ""
    return f"[{file.name or 'file'}: {file.content_type or 'unknown kind'}{size}]"
