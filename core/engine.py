"""The turn: waiting messages in, one commit out. `Engine.take_turn` tells the whole story."""

import asyncio
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from core import wording
from core.body import body_of
from core.bookkeeping import ask_books
from core.claiming import as_report
from core.consulting import consult
from core.domain.commands import (
    Add,
    AddNote,
    Agree,
    AskInvoice,
    AskPaid,
    Attached,
    Cancel,
    Change,
    Command,
    Confirm,
    Deliver,
    Edited,
    EditedLate,
    OldButton,
    Pick,
    Reading,
    Remind,
    Remove,
    Repeat,
    RepeatOf,
    Replace,
    Show,
    Status,
    TakenBack,
    TooLong,
)
from core.domain.messages import Answer, ChatRef, Choice, Intent, Kind, Reply
from core.domain.orders import OrderStatus
from core.domain.sessions import Session
from core.domain.units import unit_of
from core.errors import DeskError
from core.flows import DeskRules, Scene, perform
from core.flows.accounts import with_what_waited
from core.flows.claims import claim_jobs
from core.flows.closing import answer_of
from core.flows.hearing import MOST_LINES, Heard, hear, too_long
from core.flows.offers import offer
from core.flows.ordering import basket, catch_up
from core.flows.outlets import outlet_chosen
from core.flows.people import know_sender
from core.flows.reminder_answers import choice_jobs
from core.flows.revising import before_of, remember, without_deciding
from core.flows.scene import StaffNote
from core.flows.staff import message_note, staff_jobs
from core.media_reading import as_spoken, take_in
from core.model_reading import Said, look_again
from core.occasions import load_choices, load_own_orders, speak
from core.ports import (
    Accounting,
    Attachments,
    Clock,
    Job,
    Knowledge,
    Live,
    Model,
    ModelTurn,
    OpenTurn,
    Reference,
    Store,
    TurnCommit,
    Waiting,
)
from core.sheets import commands_of, fetch
from core.understanding.context import Context
from core.understanding.indexes import Indexes
from core.understanding.reader import read

__all__ = ["MOST_ATTEMPTS", "MOST_LINES", "PULL_CHANNELS", "DeskRules", "Engine", "TurnOutcome"]

PULL_CHANNELS = frozenset({"api", "web", "terminal"})
MOST_ATTEMPTS = 5
_SHORT = 400
_TWICE_WITHIN = timedelta(minutes=2)
_NEED_HISTORY = (Confirm, Cancel, Status, Repeat, Pick, AskInvoice, AskPaid)
# What may speak of, or change, the order that the chat placed last; a colleague may have done so since.
_NEED_ORDERED = (
    *(Add, Change, Remove, Replace, Deliver, AddNote, Show),
    *(Confirm, Agree, Cancel, Status, Pick, OldButton, EditedLate, TakenBack),
)


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """A committed turn: its id, its answer, and the chat API's body without `latency_ms`."""

    turn_id: str
    answer: Answer
    body: dict[str, Any]


class Engine:
    """Takes turns. Holds nothing of any chat; everything is in the store."""

    def __init__(  # noqa: PLR0913  its parts, one by one
        self,
        store: Store,
        clock: Clock,
        rules: DeskRules,
        indexes: Indexes | None = None,
        attachments: Attachments | None = None,
        knowledge: Knowledge | None = None,
        model: Model | None = None,
        watch: Callable[[ChatRef], Live | None] = lambda _chat: None,
        *,
        accounting: Accounting | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._indexes = indexes or Indexes()
        self._attachments = attachments
        self._knowledge = knowledge
        self._model = model
        self._watch = watch
        self._accounting = accounting

    async def take_turn(self, turn: OpenTurn) -> TurnOutcome:
        """Read the waiting messages, act on session and draft, and commit it all at once.

        A message that makes the code fail is parked with its trace and answered with an apology; a reminder that does
        is parked and nobody hears of it. Raises LeaseLost when another process has the chat, and what the store
        raises in an outage.
        """
        reference = await self._store.reference(turn.reference_version)
        if any(w.attempts > MOST_ATTEMPTS for w in _written(turn) or turn.messages):
            return await self._commit_apology(turn, reference, f"given up after {MOST_ATTEMPTS} attempts")
        commands: tuple[Command, ...] = ()
        try:
            scene = self._scene(turn, Session.from_json(turn.session), reference)
            messages = [w.inbound for w in turn.messages if w.attempts <= MOST_ATTEMPTS]
            heard = hear(messages, scene, pushes=_pushes(turn))
            if not heard.needs_no_answer:
                commands = await self._answer(turn, heard, scene)
            await speak(self._store, self._accounting, scene, heard.occasions, alone=heard.nothing)
        except DeskError:
            raise
        except Exception:  # noqa: BLE001 - whatever a message breaks must not block its chat
            return await self._commit_apology(turn, reference, traceback.format_exc())
        if heard.needs_no_answer and not scene.spoke:
            return await self._commit_silence(turn, scene, heard)
        return await self._commit(turn, scene, (*commands, *map(Remind, heard.occasions)), heard.tapped)

    async def _answer(self, turn: OpenTurn, heard: Heard, scene: Scene) -> tuple[Command, ...]:
        """Understand what the customer says and do it: on the scene, where nothing is written yet."""
        know_sender(scene)
        before = before_of(scene.session)
        model = self._model.turn() if self._model is not None else None
        commands, said, from_files = await self._understand(turn, heard, scene, model)
        commands = as_report(scene, commands, said.texts, said.context, files=heard.for_claim)
        commands = with_what_waited(scene, commands)
        scene.session.spoken = None
        live = self._watch(turn.chat)
        commands = await consult(self._knowledge, commands, scene, "\n".join(said.texts), model, live)
        commands = await self._look_again(commands, said, scene, model)
        scene.usage = model.usage if model is not None else scene.usage
        await self._prepare(scene, commands)
        perform(scene, commands)
        remember(scene, heard.texts, before, repeatable=not from_files)
        return commands

    # -- read --------------------------------------------------------------------------------------

    def _scene(self, turn: OpenTurn, session: Session, reference: Reference) -> Scene:
        scene = Scene(session, reference, self._rules, self._clock.now(), turn.chat.sender, turn.chat.channel)
        scene.had_lines = bool(session.draft.lines)
        know_sender(scene)
        return scene

    async def _understand(
        self, turn: OpenTurn, heard: Heard, scene: Scene, model: ModelTurn | None
    ) -> tuple[tuple[Command, ...], Said, bool]:
        """The commands of a turn: what its messages are, what its files order and what its words say.

        Also the words with what the reader knew, and whether files had a part in it.
        """
        fetched = await fetch(self._attachments, turn.chat, heard.documents)
        taken = await take_in(model, self._attachments, turn.chat, heard.media)
        fetched = fetched.with_photos(taken.sheets)
        others = (*heard.last, *taken.others, *fetched.others)
        from_files = bool(heard.documents) or taken.anything or heard.for_claim
        texts = taken.among([text for _, text in heard.texts])
        context = self._context(scene, heard.quoted)
        ordered = await commands_of(fetched, context)
        if too_long(texts, sum(isinstance(c, Add) for c in ordered)):
            scene.notes += [StaffNote("file")] if fetched.sheets else []
            return (*heard.first, *taken.heard, TooLong(), *others), Said((), context), from_files
        skus = [sku for c in ordered if isinstance(c, Add) for sku in c.wanted.skus]
        if skus:
            context = replace(context, lines=tuple(dict.fromkeys((*context.lines, *skus))), drafting=True)
        said = await self._read(texts, context, scene) if texts else ()
        said = as_spoken(said) if taken.texts else said
        if from_files or any(isinstance(c, Edited | Attached) for c in (*heard.first, *others)):
            said = without_deciding(said, scene.session)
        elif scene.draft.lines and any(isinstance(c, EditedLate | TakenBack) for c in (*heard.first, *others)):
            said = without_deciding(said, scene.session, may_cancel=True)
        if texts or fetched.sheets:
            said = self._once([*texts, fetched.mark], (*ordered, *said), scene)
        return (*heard.first, *taken.heard, *said, *others), Said(tuple(texts), context), from_files

    async def _look_again(
        self, commands: tuple[Command, ...], said: Said, scene: Scene, model: ModelTurn | None
    ) -> tuple[Command, ...]:
        """What the reader doubts and the documents do not settle, as a model reads it."""
        read = await look_again(model, commands, said, scene)
        if read is commands:
            return commands
        return await consult(self._knowledge, read, scene, model=model)

    async def _read(self, texts: Sequence[str], context: Context, scene: Scene) -> tuple[Command, ...]:
        """What the words say; a repeat is read again with the order that it repeats at hand."""
        reading = await _read(texts, context)
        if reading.needs_history and scene.outlet is not None and not scene.session.claimed:
            scene.history = await self._store.orders_of(scene.outlet.code)
            command = next((c for c in reading.commands if isinstance(c, Repeat)), Repeat(RepeatOf.LAST))
            lines = tuple(line.sku for line in basket(scene.history, command))
            reading = await _read(texts, replace(context, basket=lines))
        return reading.commands

    def _context(self, scene: Scene, quoted: str | None) -> Context:
        session = scene.session
        names = self._indexes.names_of(scene.reference.directory, scene.sender)
        ordered = session.ordered if session.ordered and session.ordered.status is OrderStatus.CONFIRMED else None
        draft = tuple(line.sku for line in session.draft.lines)
        return Context(
            index=self._indexes.of(scene.catalogue),
            now=scene.now,
            outlets=names,
            linked=scene.outlet is not None,
            lines=draft or (tuple(line.sku for line in ordered.lines) if ordered else ()),
            focus=tuple(s for s in session.focus if s in scene.catalogue.products),
            asked_about=tuple(s for s in session.asked_about if s in scene.catalogue.products),
            questions=tuple(session.questions),
            drafting=bool(draft),
            units={
                line.sku: unit_of(scene.product(line.sku).unit) for line in session.draft.lines if not line.in_pieces
            },
            quantities={line.sku: line.quantity for line in session.draft.lines},
            quoted=quoted,
            invoice_prefix=self._rules.invoice_prefix,
        )

    def _once(self, texts: Sequence[str], commands: tuple[Command, ...], scene: Scene) -> tuple[Command, ...]:
        """The very same words again within two minutes are a message sent twice, not a second order."""
        session = scene.session
        text = "\n".join(texts).strip().casefold()
        soon = session.last_at is not None and scene.now - session.last_at <= _TWICE_WITHIN
        again = soon and text == session.last_text and session.last_added
        session.last_text, session.last_at = text, scene.now
        adds = any(isinstance(c, Add | Change | Repeat) for c in commands)
        session.last_added = adds
        if not again or not adds:
            return commands
        scene.said.append(wording.SAME_AGAIN)
        scene.about(Intent.ORDER)
        scene.show = True
        return tuple(c for c in commands if not isinstance(c, Add | Change | Repeat))

    # -- act ---------------------------------------------------------------------------------------

    async def _prepare(self, scene: Scene, commands: Sequence[Command]) -> None:
        """Load what the commands will need: earlier orders, and a number for an order that may be placed.

        One who only named an outlet gets nothing of its history.
        """
        agrees = scene.session.expecting is not None or bool(scene.session.questions)
        placing = any(isinstance(c, Confirm | Pick | Agree) for c in commands) and (agrees or scene.draft.lines)
        if (
            not scene.history
            and scene.outlet is not None
            and not scene.session.claimed
            and (placing or any(isinstance(c, _NEED_HISTORY) for c in commands))
        ):
            scene.history = await self._store.orders_of(scene.outlet.code)
        chosen = outlet_chosen(scene, commands)
        if chosen is not None and any(isinstance(c, AskInvoice | AskPaid) for c in commands):
            scene.history = await self._store.orders_of(chosen)
        await self._catch_up(scene, commands)
        await ask_books(self._accounting, commands, scene)
        await load_own_orders(self._store, scene, commands)
        await load_choices(self._store, scene, commands)
        if placing and scene.draft.lines and scene.draft.amends is None:
            scene.next_number = await self._store.next_order_number()

    async def _catch_up(self, scene: Scene, commands: Sequence[Command]) -> None:
        """Know the order that this chat placed last as it stands now."""
        ordered = scene.session.ordered
        if ordered is None or ordered.outlet is None or not any(isinstance(c, _NEED_ORDERED) for c in commands):
            return
        catch_up(scene, scene.history or await self._store.orders_of(ordered.outlet))

    # -- commit ------------------------------------------------------------------------------------

    async def _commit(self, turn: OpenTurn, scene: Scene, commands: Sequence[Command], tapped: str = "") -> TurnOutcome:
        scene.session.turns += 1
        answer = replace(
            answer_of(scene),
            understood={"commands": [{"type": type(c).__name__, **_fields(c)} for c in commands]},
        )
        body = body_of(turn, answer) | ({"unsaid": scene.unsaid} if scene.unsaid else {})
        kept = (*claim_jobs(turn, scene), *choice_jobs(turn, scene))
        jobs = (*scene.jobs, *kept, *staff_jobs(turn, scene), *_replies(turn, scene, answer.replies, tapped))
        commit = TurnCommit(
            turn,
            scene.session.to_json(),
            scene.session.draft if scene.session.draft.lines else None,
            answer,
            body,
            scene.now,
            tuple(scene.orders),
            jobs,
            tuple(scene.links),
            tuple(scene.invites_used),
        )
        await self._store.commit_turn(commit)
        return TurnOutcome(turn.turn_id, answer, body)

    async def _commit_silence(self, turn: OpenTurn, scene: Scene, heard: Heard) -> TurnOutcome:
        """Say nothing: nothing was asked, or the messages are for the person who has the chat."""
        scene.silent = True
        scene.about(Intent.HANDOFF if heard.left_alone else Intent.SMALLTALK)
        note = message_note(turn) if heard.left_alone else None
        scene.notes += [note] if note else []
        return await self._commit(turn, scene, ())

    async def _commit_apology(self, turn: OpenTurn, reference: Reference, trace: str) -> TurnOutcome:
        """Set a failing message aside for a person, and say so to the customer. The draft stays as it was."""
        scene = self._scene(turn, _readable(turn.session), reference)
        draft = scene.session.draft if scene.session.draft.lines else None
        choices = (Choice("agent", wording.GET_PERSON),)
        order = scene.priced(draft) if draft else None
        written = _written(turn)
        quiet = scene.session.handoff is not None or scene.session.opted_out or not written
        answer = Answer(() if quiet else (Reply(wording.APOLOGY, choices),), Intent.HANDOFF, asked=False, order=order)
        body = body_of(turn, answer)
        if written:
            scene.notes.append(StaffNote("parked", reason="a message could not be handled"))
        jobs = (*staff_jobs(turn, scene), *_replies(turn, scene, answer.replies))
        commit = TurnCommit(
            turn,
            scene.session.to_json(),
            draft,
            answer,
            body,
            self._clock.now(),
            jobs=jobs,
            parked=trace,
        )
        await self._store.commit_turn(commit)
        return TurnOutcome(turn.turn_id, answer, body)


def _replies(turn: OpenTurn, scene: Scene, replies: Sequence[Reply], tapped: str = "") -> tuple[Job, ...]:
    """Outbox rows for channels that replies are pushed to; pull channels read them from the log."""
    if not _pushes(turn):
        return ()
    return tuple(
        Job(
            "reply",
            f"{turn.turn_id}:{n}",
            turn.chat.key,
            {
                "channel": turn.chat.channel,
                "to": turn.chat.sender,
                "session": turn.chat.session,
                "text": reply.text,
                "choices": [
                    {"id": c.id, "title": c.title, "description": c.description}
                    for c in offer(scene, turn.turn_id, reply.choices)
                ],
                **({"card": reply.card} if reply.card else {}),
                **({"closes": True} if reply.closes else {}),
                **({"tapped": tapped} if tapped and not (reply.document or reply.reminds) else {}),
                **({"document": reply.document} if reply.document else {}),
                **({"reminders": [reply.reminds.to_json()]} if reply.reminds is not None else {}),
            },
        )
        for n, reply in enumerate(replies)
    )


def _written(turn: OpenTurn) -> list[Waiting]:
    """The messages that the customer sent."""
    return [w for w in turn.messages if w.inbound.kind is not Kind.REMINDER]


def _pushes(turn: OpenTurn) -> bool:
    return turn.chat.channel not in PULL_CHANNELS


async def _read(texts: Sequence[str], context: Context) -> Reading:
    """Read a burst; a long one in a thread, so that other chats and the lease's renewal go on meanwhile."""
    if sum(map(len, texts)) <= _SHORT:
        return read(texts, context)
    return await asyncio.to_thread(read, texts, context)


def _readable(session: str | None) -> Session:
    """The stored session, or a fresh one where it cannot be read, as after an upgrade that changed its form."""
    try:
        return Session.from_json(session)
    except ValidationError:
        return Session()


def _fields(command: Command) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__dataclass_fields__}
