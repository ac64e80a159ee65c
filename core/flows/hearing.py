"""What the waiting messages of a turn come to before their words are read: order, edits, taps, kinds of messages."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.domain.commands import (
    Attached,
    Command,
    Located,
    NotReceived,
    OldButton,
    OptIn,
    OptOut,
    Reaction,
    SeeOrder,
    SharedContact,
    Start,
    Sticker,
    Unknown,
    UseInvite,
)
from core.domain.messages import Attachment, Inbound, Kind
from core.domain.reminders import Occasion
from core.domain.sessions import Session
from core.flows import claims, invites, lasting, offers, revising
from core.flows.ordering import CONFIRM
from core.flows.scene import Scene

log = logging.getLogger(__name__)

# What one turn reads; a longer list is asked for in parts.
MOST_CHARACTERS = 12_000
MOST_LINES = 150
_FILES = frozenset({Kind.VOICE, Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT})
_SEEN_OR_HEARD = frozenset({Kind.VOICE, Kind.PHOTO})
_CAPTIONED = _FILES | {Kind.TEXT, Kind.TAP}
_GLAD = frozenset("👍 👌 ✅ ☑ ✔ 🆗 ❤ 🙏 💯 🙌 👏 🤝 🫡 😊 🙂 😀 😃 😄 😁 🥰 😍 🤗 😉 ♥ 🎉 🔥".split())
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")


@dataclass(frozen=True, slots=True)
class Media:
    """A voice note or a photo, or several of one message. `place`: how many texts came before it."""

    kind: Kind
    files: tuple[Attachment, ...]
    place: int

    @property
    def name(self) -> str:
        """What its sender calls it."""
        return self.files[0].name if self.files else ""


@dataclass(slots=True)
class Heard:
    """A turn's messages, sorted out.

    `texts` are the words to read with the ids of their messages; `first` and `last` the commands that need no
    reading, performed before and after. `documents` are to be fetched and read, `media` to be listened to and looked
    at. `alone` holds what counts once however often it was sent. `tapped` is the message whose button came last.
    `left_alone`: a person has the chat or the customer opted out, so nothing is read. `occasions` are moments that the
    desk may speak at by itself, which nobody sent; `for_claim`: files came that belong to the report just made.
    """

    texts: list[tuple[str, str]] = field(default_factory=list)
    quoted: str | None = None
    first: list[Command] = field(default_factory=list)
    last: list[Command] = field(default_factory=list)
    documents: list[Attachment] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)
    alone: dict[Command, None] = field(default_factory=dict)
    tapped: str = ""
    left_alone: bool = False
    tapped_already: bool = False
    occasions: list[Occasion] = field(default_factory=list)
    for_claim: bool = False

    @property
    def nothing(self) -> bool:
        """Whether the customer asks for nothing at all, not even an answer."""
        return not (self.texts or self.first or self.last or self.documents or self.media or self.for_claim)

    @property
    def needs_no_answer(self) -> bool:
        """Whether there is nothing to answer in this turn."""
        return self.left_alone or self.nothing


def hear(messages: Sequence[Inbound], scene: Scene, *, pushes: bool) -> Heard:
    """Sort out the messages of a turn. `pushes`: the channel's choices have ids of ours that may be old."""
    occasions = _occasions(messages)
    messages = [m for m in messages if m.kind is not Kind.REMINDER]
    inbound = _in_order(messages)
    quoted = next((m.quoted for m in inbound if m.quoted), None)
    heard = Heard(quoted=quoted, tapped=_tapped(inbound), occasions=occasions)
    if _heard_consent(inbound, scene.session, heard) or scene.session.handoff is not None:
        heard.left_alone = not heard.first
        return heard
    inbound, edits, deleted = _settled(inbound)
    may_go_back = not too_long([m.text for m in messages] + revising.texts_to_repeat(scene.session))
    heard.texts, said = revising.follow(scene, edits, may_go_back=may_go_back)
    heard.first += said
    heard.last += [c for c in dict.fromkeys(revising.taken_back(scene.session, about) for about in deleted) if c][:1]
    for message in inbound:
        _take(message, heard, scene, pushes=pushes)
    heard.last += [c for c in heard.alone if c is not _STICKER or heard.nothing]
    _react(inbound, heard, scene)
    return heard


def too_long(texts: Sequence[str], more_lines: int = 0) -> bool:
    """Whether texts are more than one turn reads."""
    lines = sum(text.count("\n") + 1 for text in texts) + more_lines
    return sum(map(len, texts)) > MOST_CHARACTERS or lines > MOST_LINES


def _occasions(messages: Sequence[Inbound]) -> list[Occasion]:
    """The moments to speak at, each once. One that cannot be read is of no use to anybody."""
    occasions: dict[str, Occasion] = {}
    for message in messages:
        if message.kind is not Kind.REMINDER:
            continue
        try:
            occasion = Occasion.from_json(message.text)
        except ValueError:
            log.warning("reminder %s cannot be read and is not said", message.provider_id)
        else:
            occasions[occasion.key] = occasion
    return list(occasions.values())


def _in_order(messages: Sequence[Inbound]) -> list[Inbound]:
    """The provider's order where every message has one, else as they arrived."""
    if all(m.order > 0 for m in messages):
        return sorted(messages, key=lambda m: m.order)
    return list(messages)


def _tapped(inbound: Sequence[Inbound]) -> str:
    return inbound[-1].about if inbound and inbound[-1].kind is Kind.TAP else ""


def _heard_consent(inbound: Sequence[Inbound], session: Session, heard: Heard) -> bool:
    """STOP and START go before all else; True when the turn reads nothing besides."""
    last = next((m.kind for m in reversed(inbound) if m.kind in (Kind.OPT_OUT, Kind.OPT_IN)), None)
    if last is None and session.opted_out and any(m.kind is Kind.START for m in inbound):
        last = Kind.OPT_IN
    if last is Kind.OPT_OUT and not session.opted_out:
        heard.first.append(OptOut())
        return True
    if last is Kind.OPT_IN:
        if session.opted_out or session.handoff is None:
            heard.first.append(OptIn() if session.opted_out else Start())
        return session.handoff is not None
    return session.opted_out


def _settled(inbound: Sequence[Inbound]) -> tuple[list[Inbound], dict[str, str], list[str]]:
    """Messages with the edits of this very burst worked in; edits and deletions of earlier ones apart."""
    kept: dict[int, Inbound] = {}
    place = {m.message_id: n for n, m in enumerate(inbound) if m.message_id and not m.edited and _is_said(m)}
    edits: dict[str, str] = {}
    deleted: dict[str, None] = {}
    for n, message in enumerate(inbound):
        if message.edited and message.about:
            original = place.get(message.about)
            if message.kind not in _CAPTIONED:
                continue  # a live location moves by edits, many times
            if original is None:
                edits[message.about] = message.text
            elif original in kept or original > n:
                kept[original] = replace(inbound[original], text=message.text)
        elif message.kind is Kind.DELETED:
            edits.pop(message.about, None)
            if message.about in place:
                kept.pop(place[message.about], None)
            else:
                deleted[message.about] = None
        else:
            kept.setdefault(n, message)
    return [kept[n] for n in sorted(kept)], edits, list(deleted)


def _is_said(message: Inbound) -> bool:
    return message.kind not in (Kind.DELETED, Kind.REACTION)


def _take(message: Inbound, heard: Heard, scene: Scene, *, pushes: bool) -> None:
    """One message: its words to the texts, what it is besides to the commands."""
    text = message.text
    if message.kind is Kind.TAP and pushes and message.choice_id is not None:
        _take_tap(message, heard, scene)
        return
    if message.kind is Kind.START:
        heard.first.append(UseInvite(text.strip()) if text.strip() else Start())
        return
    if message.kind in _FILES:
        _take_file(message, heard, scene)
        if not text.strip() or any(text.strip() == f.name for f in message.attachments):
            return
    elif message.kind in _ALONE:
        heard.alone[_ALONE[message.kind]] = None
        return
    elif message.kind is Kind.STICKER:
        if _without_skin(text) not in _GLAD:
            heard.alone[_STICKER] = None
        return
    if message.kind in _CAPTIONED:
        _take_words(message.message_id, message.choice_id or text, heard, scene)


_STICKER = Sticker()
_ALONE: dict[Kind, Command] = {Kind.LOCATION: Located(), Kind.CONTACT: SharedContact(), Kind.OTHER: Unknown()}


def _take_words(message_id: str, text: str, heard: Heard, scene: Scene) -> None:
    """Words to read, but for an invite code in them, which counts whatever is written around it."""
    code, rest = invites.invite_in(scene, text)
    if code is not None:
        heard.first.append(UseInvite(code))
    if code is not None and not rest:
        return
    words = offered(rest, scene.session)
    meant = lasting.said(words, scene.session)
    if meant is None:
        heard.texts.append((message_id, words))
    elif meant not in heard.last:
        heard.last.append(meant)


def _take_tap(message: Inbound, heard: Heard, scene: Scene) -> None:
    """A tap on a button of ours; of several in one burst the first counts, unless they only show something."""
    meant = offers.tapped(scene, message.choice_id or "")
    if isinstance(meant, str):
        meant = lasting.meaning(meant) or meant  # one whose id was too long to go out
    old = isinstance(meant, OldButton)
    shows = isinstance(meant, SeeOrder) or (isinstance(meant, str) and meant.startswith("show "))
    if meant is not None and not old and not shows and heard.tapped_already:
        meant, old = OldButton(second=True), True
    if isinstance(meant, str):
        heard.texts.append(("", meant))
    elif meant is not None and not (old and any(isinstance(c, OldButton) for c in heard.last)):
        heard.last.append(meant)
    heard.tapped_already = heard.tapped_already or (meant is not None and not old)


def _take_file(message: Inbound, heard: Heard, scene: Scene) -> None:
    asked = claims.asked_about(scene)
    if claims.takes(scene, message):
        heard.for_claim = True
    elif asked and not message.text.strip() and claims.shows_goods(message):
        heard.last += [shown] if (shown := NotReceived(asked, shown=True)) not in heard.last else []
    elif message.kind is Kind.DOCUMENT and message.attachments:
        heard.documents += message.attachments
    elif message.kind in _SEEN_OR_HEARD:
        heard.media.append(Media(message.kind, message.attachments, len(heard.texts)))
    else:
        name = message.attachments[0].name if message.attachments else ""
        heard.last.append(Attached(message.kind.value, name))


def _react(inbound: Sequence[Inbound], heard: Heard, scene: Scene) -> None:
    """A thumbs up never confirms: where a confirm is awaited, and nothing else was sent, that is said."""
    glad = any(m.kind in (Kind.REACTION, Kind.STICKER) and _without_skin(m.text) in _GLAD for m in inbound)
    session = scene.session
    if (
        glad
        and heard.nothing
        and session.spoken is None
        and session.expecting == CONFIRM
        and session.draft.lines
        and not session.questions
    ):
        heard.last.append(Reaction())


def _without_skin(emoji: str) -> str:
    """The emoji in its plain form, without skin tone and variation marks; of several the first."""
    return _SKIN.sub("", emoji.strip())[:1]


def offered(text: str, session: Session) -> str:
    """The words of a choice that was offered last, where its number was sent and no question is open."""
    said = text.strip().rstrip(".)")
    if session.questions or not said.isdigit() or not 1 <= int(said) <= len(session.offered):
        return text
    return session.offered[int(said) - 1]
