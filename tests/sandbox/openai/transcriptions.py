"""What a request for a transcription may hold, read strictly.

Written from https://platform.openai.com/docs/api-reference/audio/createTranscription.
"""

from dataclasses import dataclass

from aiohttp import BodyPartReader, web

from tests.sandbox.openai.refusals import Refused, invalid, unknown_field

_FIELDS = {"file", "model", "response_format", "language", "prompt", "temperature"}
_ENDINGS = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm")
MOST_BYTES = 25 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording that was sent."""

    model: str
    name: str
    content_type: str
    content: bytes


async def read_recording(request: web.Request) -> Heard:
    """Raises Refused for anything that the documentation does not allow."""
    if request.content_type != "multipart/form-data":
        raise invalid("We expected a multipart form.")
    fields: dict[str, str] = {}
    file: tuple[str, str, bytes] | None = None
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        name = part.name or ""
        if name not in _FIELDS or name in fields:
            raise unknown_field(name)
        if name == "file":
            file = (part.filename or "", part.headers.get("Content-Type", ""), bytes(await part.read()))
        else:
            fields[name] = await part.text()
    if file is None or not file[2]:
        raise invalid("a file is required", "file")
    if not fields.get("model"):
        raise invalid("you must provide a model parameter", "model")
    if fields.get("response_format", "json") != "json":
        raise invalid("response_format must be json", "response_format")
    if file[0].rpartition(".")[2] not in _ENDINGS:
        raise invalid(f"Unrecognized file format. Supported formats: {list(_ENDINGS)}", "file")
    if len(file[2]) > MOST_BYTES:
        raise Refused(413, "Maximum content size limit exceeded.", kind="server_error")
    return Heard(fields["model"], *file)
