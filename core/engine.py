"""The turn: waiting messages in, one commit out. `Engine.take_turn` tells the whole story."""

import asyncio
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from core import wording
from core.domain.commands import (
    Add,
    Agree,
    Cancel,
    Change,
    Command,
    Confirm,
    Pick,
    Reading,
    Repeat,
    RepeatOf,
    Status,
    TooLong,
)
from core.domain.messages import Answer, Choice, Intent, Reply
from core.domain.orders import Order, OrderStatus
from core.domain.sessions import Session
from core.domain.units import unit_of
from core.errors import DeskError
from core.flows import DeskRules, Scene, perform
from core.flows.closing import answer_of
from core.flows.ordering import basket
from core.flows.people import know_sender
from core.ports import Clock, Job, OpenTurn, Reference, Store, TurnCommit
from core.understanding.context import Context
from core.understanding.indexes import Indexes
from core.understanding.reader import read

PULL_CHANNELS = frozenset({"api", "web", "terminal"})
MOST_ATTEMPTS = 5
# What one turn reads; a longer list is asked for in parts.
MOST_CHARACTERS = 12_000
MOST_LINES = 150
_SHORT = 400
_TWICE_WITHIN = timedelta(minutes=2)
_NEED_HISTORY = (Confirm, Cancel, Status, Repeat, Pick)


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """A committed turn: its id, its answer, and the chat API's body without `latency_ms`."""

    turn_id: str
    answer: Answer
    body: dict[str, Any]


class Engine:
    """Takes turns. Holds nothing of any chat; everything is in the store."""

    def __init__(self, store: Store, clock: Clock, rules: DeskRules, indexes: Indexes | None = None) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._indexes = indexes or Indexes()

    async def take_turn(self, turn: OpenTurn) -> TurnOutcome:
        """Read the waiting messages, act on session and draft, and commit it all at once.

        A message that makes the code fail is parked with its trace and answered with an apology. Raises
        LeaseLost when another process has the chat, and what the store raises in an outage.
        """
        reference = await self._store.reference(turn.reference_version)
        if any(w.attempts > MOST_ATTEMPTS for w in turn.messages):
            return await self._commit_apology(turn, reference, f"given up after {MOST_ATTEMPTS} attempts")
        try:
            scene = self._scene(turn, Session.from_json(turn.session), reference)
            if scene.session.handoff is not None:
                return await self._commit_silence(turn, scene)
            commands = await self._understand(turn, scene)
            await self._prepare(scene, commands)
            perform(scene, commands)
        except DeskError:
            raise
        except Exception:  # noqa: BLE001 - whatever a message breaks must not block its chat
            return await self._commit_apology(turn, reference, traceback.format_exc())
        return await self._commit(turn, scene, commands)

    # -- read --------------------------------------------------------------------------------------

    def _scene(self, turn: OpenTurn, session: Session, reference: Reference) -> Scene:
        scene = Scene(session, reference, self._rules, self._clock.now(), turn.chat.sender, turn.chat.channel)
        know_sender(scene)
        return scene

    async def _understand(self, turn: OpenTurn, scene: Scene) -> tuple[Command, ...]:
        texts = [_offered(w.inbound.choice_id or w.inbound.text, scene.session) for w in turn.messages]
        if sum(map(len, texts)) > MOST_CHARACTERS or sum(text.count("\n") + 1 for text in texts) > MOST_LINES:
            return (TooLong(),)
        context = self._context(scene, next((w.inbound.quoted for w in turn.messages if w.inbound.quoted), None))
        reading = await _read(texts, context)
        if reading.needs_history and scene.outlet is not None and not scene.session.claimed:
            scene.history = await self._store.orders_of(scene.outlet.code)
            command = next((c for c in reading.commands if isinstance(c, Repeat)), Repeat(RepeatOf.LAST))
            lines = tuple(line.sku for line in basket(scene.history, command))
            reading = await _read(texts, replace(context, basket=lines))
        return self._once(texts, reading, scene)

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
        )

    def _once(self, texts: Sequence[str], reading: Reading, scene: Scene) -> tuple[Command, ...]:
        """The very same words again within two minutes are a message sent twice, not a second order."""
        session = scene.session
        text = "\n".join(texts).strip().casefold()
        soon = session.last_at is not None and scene.now - session.last_at <= _TWICE_WITHIN
        again = soon and text == session.last_text and session.last_added
        session.last_text, session.last_at = text, scene.now
        adds = any(isinstance(c, Add | Change | Repeat) for c in reading.commands)
        session.last_added = adds
        if not again or not adds:
            return reading.commands
        scene.said.append(wording.SAME_AGAIN)
        scene.about(Intent.ORDER)
        scene.show = True
        return tuple(c for c in reading.commands if not isinstance(c, Add | Change | Repeat))

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
        if placing and scene.draft.lines and scene.draft.amends is None:
            scene.next_number = await self._store.next_order_number()

    # -- commit ------------------------------------------------------------------------------------

    async def _commit(self, turn: OpenTurn, scene: Scene, commands: Sequence[Command]) -> TurnOutcome:
        scene.session.turns += 1
        answer = replace(
            answer_of(scene),
            understood={"commands": [{"type": type(c).__name__, **_fields(c)} for c in commands]},
        )
        body = body_of(turn, answer)
        jobs = (*scene.jobs, *self._replies(turn, answer.replies))
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

    async def _commit_silence(self, turn: OpenTurn, scene: Scene) -> TurnOutcome:
        """A person has the chat: the messages are kept for them, and the bot says nothing."""
        scene.silent = True
        scene.about(Intent.HANDOFF)
        return await self._commit(turn, scene, ())

    async def _commit_apology(self, turn: OpenTurn, reference: Reference, trace: str) -> TurnOutcome:
        """Set a failing message aside for a person, and say so to the customer. The draft stays as it was."""
        scene = self._scene(turn, _readable(turn.session), reference)
        draft = scene.session.draft if scene.session.draft.lines else None
        choices = (Choice("agent", wording.GET_PERSON),)
        order = scene.priced(draft) if draft else None
        answer = Answer((Reply(wording.APOLOGY, choices),), Intent.HANDOFF, asked=False, order=order)
        body = body_of(turn, answer)
        staff = Job(
            "staff",
            f"parked:{turn.turn_id}",
            "staff",
            {"reason": "a message could not be handled", "turn": turn.turn_id},
        )
        jobs = (staff, *self._replies(turn, answer.replies))
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

    def _replies(self, turn: OpenTurn, replies: Sequence[Reply]) -> tuple[Job, ...]:
        """Outbox rows for channels that replies are pushed to; pull channels read them from the log."""
        if turn.chat.channel in PULL_CHANNELS:
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
                    "choices": [{"id": c.id, "title": c.title, "description": c.description} for c in reply.choices],
                    **({"card": reply.card} if reply.card else {}),
                },
            )
            for n, reply in enumerate(replies)
        )


async def _read(texts: Sequence[str], context: Context) -> Reading:
    """Read a burst; a long one in a thread, so that other chats and the lease's renewal go on meanwhile."""
    if sum(map(len, texts)) <= _SHORT:
        return read(texts, context)
    return await asyncio.to_thread(read, texts, context)


def _offered(text: str, session: Session) -> str:
    """The words of a choice that was offered last, where its number was sent and no question is open."""
    said = text.strip().rstrip(".)")
    if session.questions or not said.isdigit() or not 1 <= int(said) <= len(session.offered):
        return text
    return session.offered[int(said) - 1]


def _readable(session: str | None) -> Session:
    """The stored session, or a fresh one where it cannot be read, as after an upgrade that changed its form."""
    try:
        return Session.from_json(session)
    except ValidationError:
        return Session()


def _fields(command: Command) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__dataclass_fields__}


def body_of(turn: OpenTurn, answer: Answer) -> dict[str, Any]:
    """The chat API's response (DESIGN 10), without `latency_ms`, as plain JSON values."""
    return {
        "reply": "\n\n".join(reply.text for reply in answer.replies),
        "messages": [
            {"text": r.text, "choices": [{"id": c.id, "title": c.title} for c in r.choices]} for r in answer.replies
        ],
        "session_id": turn.chat.session,
        "turn_id": turn.turn_id,
        "intent": answer.intent.value,
        "asked": answer.asked,
        "order": order_json(answer.order),
        "sources": [{"document": s.document, "section": s.section, "score": s.score} for s in answer.sources],
        "cache": answer.cache,
        "usage": {
            "model_calls": answer.usage.model_calls,
            "input_tokens": answer.usage.input_tokens,
            "output_tokens": answer.usage.output_tokens,
            "cost_usd": str(answer.usage.cost_usd),
        },
    }


def order_json(order: Order | None) -> dict[str, Any] | None:
    """An order or draft as the chat API shows it; money as decimal text."""
    if order is None:
        return None
    return {
        "number": order.number,
        "status": order.status.value,
        "outlet": order.outlet,
        "lines": [
            {
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "unit": line.unit,
                "pieces": line.pieces,
                "unit_price": f"{line.unit_price:.2f}",
                "line_total": f"{line.line_total:.2f}",
            }
            for line in order.lines
        ],
        "subtotal": f"{order.subtotal:.2f}",
        "tax": f"{order.tax:.2f}",
        "total": f"{order.total:.2f}",
        "currency": order.currency,
        "delivery_date": order.delivery_date.isoformat() if order.delivery_date else None,
        "delivery_window": order.delivery_window,
    }
