"""Sending and fetching files."""

from dataclasses import dataclass

from tests.sandbox.telegram.chats import Wire
from tests.sandbox.telegram.messages import MessageMethods
from tests.sandbox.telegram.parameters import Params
from tests.sandbox.telegram.refusals import bad_request, stricter

Files = dict[str, tuple[str, bytes]]
_TYPES = {"photos": "Photo", "documents": "Document", "voice": "VoiceNote", "stickers": "Sticker"}


@dataclass(frozen=True)
class File:
    """A file on Telegram's servers; `folder` begins its path and tells its type."""

    wire: Wire
    folder: str
    path: str
    data: bytes


class MediaMethods(MessageMethods):
    """Methods that carry files: uploads come beside the parameters."""

    def _uploaded(self, kind: str, value: str | None, files: Files, folder: str) -> Wire:
        name = value.removeprefix("attach://") if value and value.startswith("attach://") else kind
        if name in files:
            filename, data = files[name]
            if not data:
                raise bad_request("file must be non-empty")
            if len(data) > 50_000_000:
                raise bad_request("file is too big")
            return self._server.keep_file(data, folder, filename.rpartition(".")[2] or "bin") | {"file_name": filename}
        if value in self._server.files:
            return self._again(self._server.files[value], folder)
        raise bad_request("wrong remote file identifier specified: Wrong string length")

    def _again(self, file: File, folder: str) -> Wire:
        """A file that Telegram has already, which can be sent on only as what it was."""
        if file.folder != folder:
            raise bad_request(f"can't use file of type {_TYPES[file.folder]} as {_TYPES[folder]}")
        return dict(file.wire)

    async def sendPhoto(self, p: Params, files: Files) -> Wire:
        """A picture."""
        photo = self._uploaded("photo", p.get("photo"), files, "photos") | {"width": 640, "height": 480}
        photo.pop("file_name", None)
        return self._send(p, {"photo": [photo], **self._text(p, "caption", "caption_entities", 1024)}).wire

    async def sendDocument(self, p: Params, files: Files) -> Wire:
        """A file."""
        document = self._uploaded("document", p.get("document"), files, "documents")
        return self._send(p, {"document": document, **self._text(p, "caption", "caption_entities", 1024)}).wire

    async def sendVoice(self, p: Params, files: Files) -> Wire:
        """A voice note."""
        voice = self._uploaded("voice", p.get("voice"), files, "voice") | {"duration": p.get("duration", 1)}
        voice.pop("file_name", None)
        return self._send(p, {"voice": voice, **self._text(p, "caption", "caption_entities", 1024)}).wire

    async def sendMediaGroup(self, p: Params, files: Files) -> list[Wire]:
        """2 to 10 pictures or files as an album."""
        if not 2 <= len(p["media"]) <= 10:
            raise bad_request("there must be 2 to 10 media in an album")
        parts = []
        for media in p["media"]:
            kind = media.get("type")
            if kind not in ("photo", "document"):
                raise stricter("albums here hold photos or documents")
            file = self._uploaded("", media.get("media"), files, kind + "s")
            caption = self._text({k: v for k, v in media.items() if k != "media"}, "caption", "caption_entities", 1024)
            parts.append({kind: [file | {"width": 640, "height": 480}] if kind == "photo" else file, **caption})
        album = {"media_group_id": str(13_000_000_000 + len(self._server.calls))}
        return [self._send(p, part | album).wire for part in parts]

    async def getFile(self, p: Params) -> Wire:
        """Where a file can be fetched, for at least an hour; up to 20 MB."""
        kept = self._server.files.get(p["file_id"])
        if kept is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if kept.wire["file_size"] > 20 * 1024 * 1024:
            raise bad_request("file is too big")
        return kept.wire | {"file_path": kept.path}
