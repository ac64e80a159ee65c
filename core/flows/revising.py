"""Messages that were edited or taken back after they were read: the draft follows, or the desk says why not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from core import wording
from core.domain.commands import Agree, Cancel, Command, Confirm, Edited, EditedLate, Pick, Show, TakenBack
from core.domain.messages import Intent
from core.domain.orders import Draft, OrderStatus
from core.domain.sessions import Before, Known, LastRead, Question, QuestionKind, Session
from core.flows.scene import Scene

_MOST_KNOWN = 20
_MOST_UNDO_KEPT = 3
# Questions whose answer places or cancels an order.
_DECIDING = frozenset({QuestionKind.CANCEL, QuestionKind.UNUSUAL, QuestionKind.REPEATED})
Texts = list[tuple[str, str]]


def follow(
    scene: Scene, edits: Mapping[str, str], *, may_go_back: bool = True
) -> tuple[Texts, list[Edited | EditedLate]]:
    """What to read for edited messages (id -> new words), and what to say of them.

    The words of the last turn that touched the draft are read anew from the state before it; a message that
    changed nothing is read as a new one; for any other it is too late. Without `may_go_back`, so is it for all.
    """
    again: dict[str, str] = {}
    texts: Texts = []
    late: EditedLate | None = None
    for about, text in edits.items():
        known = _known(scene.session, about)
        if _mark(text) == (known.mark if known is not None else _mark("")):
            continue
        if may_go_back and _may_read_again(scene.session, about):
            again[about] = text
        elif known is not None and not known.touched and not known.order:
            texts.append((about, text))
        else:
            late = EditedLate(_order_of(scene.session, known))
    read = scene.session.read
    if again and read is not None:
        texts = [(about, again.get(about, text)) for about, text in read.texts] + texts
        _go_back(scene.session, read)
        return texts, [Edited(again=True)]
    return texts, [Edited(again=False)] if texts else [late] if late else []


def without_deciding(commands: Sequence[Command], session: Session, *, may_cancel: bool = False) -> tuple[Command, ...]:
    """Words put in by an edit, or beside a file, place and cancel no order: what stands is shown instead.

    Nor do words beside an edit or a deletion that the draft does not follow place one; those `may_cancel`.
    """
    deciding = {q.id for q in session.questions if q.kind in _DECIDING}
    kinds = (Confirm, Agree) if may_cancel else (Confirm, Agree, Cancel)
    return tuple(
        Show() if isinstance(c, kinds) or (isinstance(c, Pick) and (not c.question or c.question in deciding)) else c
        for c in commands
    )


def texts_to_repeat(session: Session) -> list[str]:
    """The words that an edit would have read anew."""
    return [text for _, text in session.read.texts] if session.read else []


def taken_back(session: Session, about: str) -> TakenBack | None:
    """What there is to say of a message taken back; None where nothing of it is in an order."""
    known = _known(session, about)
    if known is None:
        return TakenBack() if session.draft.lines else None
    if known.order:
        ordered = session.ordered
        stands = ordered is not None and ordered.number == known.order and ordered.status is OrderStatus.CONFIRMED
        return TakenBack(known.order) if stands else None
    return TakenBack() if known.touched and (session.draft.lines or session.questions) else None


def before_of(session: Session) -> Before:
    """The state that a turn starts from."""
    return Before(
        session.outlet,
        session.claimed,
        session.draft,
        tuple(session.questions),
        tuple(session.undo[-_MOST_UNDO_KEPT:]),
        tuple(session.focus),
        tuple(session.asked_about),
        session.expecting,
        tuple(session.offered),
        tuple(session.checked),
    )


def remember(scene: Scene, texts: Texts, before: Before, *, repeatable: bool) -> None:
    """Note which messages this turn read and what they did. `repeatable`: the texts alone say it all."""
    session = scene.session
    touched = bool(scene.orders) or _state(before.draft, before.questions, before.outlet) != _state(
        session.draft, session.questions, session.outlet
    )
    new = {about: Known(about, _mark(text), touched) for about, text in texts if about}
    session.known = [*(k for k in session.known if k.id not in new), *new.values()][-_MOST_KNOWN:]
    if touched:
        session.read = LastRead(tuple(texts), before, session.draft) if new and repeatable else None
    if scene.orders:
        number = scene.orders[-1].number or ""
        session.known = [replace(k, order=number) if k.touched and not k.order else k for k in session.known]
        session.read = None


def _state(draft: Draft, questions: Sequence[Question], outlet: str | None) -> tuple[object, ...]:
    return draft, [q.id for q in questions], outlet


def _mark(text: str) -> str:
    return sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:12]


def _known(session: Session, about: str) -> Known | None:
    return next((k for k in session.known if k.id == about), None)


def _may_read_again(session: Session, about: str) -> bool:
    read = session.read
    return read is not None and read.after == session.draft and any(about == i for i, _ in read.texts)


def _order_of(session: Session, known: Known | None) -> str:
    """The order that an edited message is part of; for one that is not remembered, the one confirmed last."""
    if known is not None:
        return known.order
    ordered = session.ordered
    if session.draft.lines or ordered is None or ordered.status is not OrderStatus.CONFIRMED:
        return ""
    return ordered.number or ""


def _go_back(session: Session, read: LastRead) -> None:
    """Take the session to where it was before a turn."""
    before = read.before
    session.outlet, session.claimed, session.draft = before.outlet, before.claimed, before.draft
    session.questions, session.undo = list(before.questions), list(before.undo)
    session.focus, session.asked_about = list(before.focus), list(before.asked_about)
    session.expecting, session.offered = before.expecting, list(before.offered)
    session.checked = list(before.checked)
    session.last_text, session.last_added = "", False


# -- what is said ------------------------------------------------------------------------------------


def edited(scene: Scene, command: Edited) -> None:
    """The new words are read with this turn."""
    scene.opening.append(wording.EDITED if command.again else wording.EDITED_NEW)
    scene.show = scene.show or (command.again and bool(scene.draft.lines))
    scene.emptied_by_edit = command.again and scene.had_lines


def edited_late(scene: Scene, command: EditedLate) -> None:
    """Say why the edit changes nothing, and show what stands."""
    scene.about(Intent.AMEND)
    scene.said.append(wording.edited_late(command.order, open_order=bool(scene.draft.lines)))
    show_as_it_stands(scene)


def took_back(scene: Scene, command: TakenBack) -> None:
    """A deleted message takes nothing out of the order."""
    scene.about(Intent.AMEND)
    scene.said.append(wording.taken_back(command.order, on_order=bool(scene.draft.lines)))
    if not command.order:
        show_as_it_stands(scene)


def show_as_it_stands(scene: Scene) -> None:
    """The draft with what is open, else the order confirmed last; nothing about it changes."""
    scene.restating = True
    ordered = scene.session.ordered
    if scene.draft.lines:
        scene.review = True
    elif ordered is not None and not scene.session.questions:
        scene.order = ordered
        scene.said.append(wording.status(ordered))
