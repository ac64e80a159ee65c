"""Commands -> changes and replies. `perform` plays a turn's commands on a scene, then says what comes next."""

from collections.abc import Callable, Sequence
from typing import Any

from core import wording
from core.domain.commands import (
    Acknowledge,
    Add,
    AddNote,
    AddToClaim,
    Agree,
    Ask,
    AskBalance,
    AskDelivery,
    AskInvoice,
    AskOutlet,
    AskPaid,
    AskProduct,
    AskReminders,
    AskTerms,
    Attached,
    CallPerson,
    Cancel,
    Change,
    ChangeOrder,
    ClaimItem,
    Clear,
    Command,
    Complain,
    Confirm,
    Deliver,
    Drop,
    Edited,
    EditedLate,
    FromSheet,
    Greet,
    Heed,
    Help,
    Hold,
    Located,
    Menu,
    NameOutlet,
    NotReceived,
    NotThisTime,
    OldButton,
    OptIn,
    OptOut,
    OrderUsual,
    PauseReminders,
    Pick,
    Reaction,
    Received,
    Refuse,
    RemindLater,
    Remove,
    Repeat,
    Replace,
    SeeOrder,
    SetReminders,
    SharedContact,
    Show,
    Start,
    Status,
    Sticker,
    Suggest,
    SwitchOutlet,
    TakenBack,
    Thank,
    TooLong,
    Transcribed,
    Unclear,
    Undo,
    Unknown,
    UseInvite,
)
from core.domain.messages import Intent
from core.domain.orders import OrderStatus
from core.domain.sessions import QuestionKind
from core.flows import (
    accounts,
    asking,
    attachments,
    claims,
    consent,
    delivery,
    drafting,
    invites,
    ordering,
    people,
    reminder_answers,
    revising,
    shop,
    suggesting,
)
from core.flows import questions as documents
from core.flows.closing import PERSON, finish
from core.flows.outlets import own_outlets, set_outlet
from core.flows.scene import DeskRules, Scene

_EDITS = (Change, Remove, Replace, Deliver, AddNote)


def perform(scene: Scene, commands: Sequence[Command]) -> None:
    """Play the commands in order; what is in doubt becomes a question, the rest is done."""
    before, outlet = scene.session.draft, scene.session.outlet
    drafting.take_out_what_is_no_longer_sold(scene)
    commands = accounts.without_moving(scene, reminder_answers.for_outlets(commands))
    to_do = _in_turn(people.one_outlet(scene, commands))
    for command in to_do:
        if _touches_confirmed_order(scene, command, to_do) and not ordering.reopen(scene):
            continue
        _PERFORM[type(command)](scene, command)
    if (
        scene.session.draft != before
        and scene.session.draft.id
        and not any(isinstance(c, Undo | Confirm) for c in commands)
    ) or (
        before.lines
        and not scene.session.draft.lines
        and not scene.orders
        and not any(isinstance(c, Undo) for c in commands)
    ):
        drafting.remember_for_undo(scene, before)
    if scene.session.outlet != outlet:
        drafting.keep_undo_from_other_orders(scene)
    attachments.answer_attached(scene)
    finish(scene)


def _in_turn(commands: Sequence[Command]) -> list[Command]:
    """Files first, placing the order last but for handing the chat over.

    What could not be read beside a file is the file's caption. A "wait" or "no" after a confirm takes it back.
    """
    with_files = any(isinstance(c, Attached) for c in commands)
    read = [c for c in commands if not (with_files and isinstance(c, Unclear) and not c.amount)]
    confirmed = next((n for n, c in enumerate(read) if isinstance(c, Confirm)), len(read))
    if any(isinstance(c, Hold) for c in read) or any(isinstance(c, Refuse) for c in read[confirmed:]):
        read = [Show() if isinstance(c, Confirm) else c for c in read]
    return sorted(read, key=_place)


def _place(command: Command) -> int:
    if isinstance(command, Attached):
        return -1
    return 2 if isinstance(command, CallPerson | Complain) else isinstance(command, Confirm)


def _touches_confirmed_order(scene: Scene, command: Command, commands: Sequence[Command]) -> bool:
    """Whether a command changes the order that the chat confirmed last, there being no draft.

    A day or a note beside new items is theirs ("2 bundles of boxes for Wed" is tomorrow's order, not today's changed).
    """
    ordered = scene.session.ordered
    if ordered is None or scene.session.draft.lines or scene.session.questions:
        return False
    if isinstance(command, Add):
        skus = {line.sku for line in ordered.lines}
        return command.same_order or (
            command.wanted.more and bool(skus & set(command.wanted.skus)) and len(command.wanted.skus) == 1
        )
    if isinstance(command, Deliver | AddNote):
        if ordered.delivery_date is None or ordered.delivery_date < scene.now.date():
            return False
        others = [c for c in commands if isinstance(c, Add | Repeat | Change | Remove | Replace)]
        return not others or any(_touches_confirmed_order(scene, c, commands) for c in others)
    return isinstance(command, _EDITS)


def _agree(scene: Scene, _: Command) -> None:
    """ "yes", "ok": to the question on the table, else to the review shown last."""
    question = next(iter(scene.session.questions), None)
    if (
        question is not None
        and question.options
        and (len(question.options) == 1 or question.options[0].yes is not None)
    ):
        _pick(scene, Pick(question.id, (0,)))
    elif question is not None:
        scene.about(Intent.SMALLTALK)
    elif scene.session.expecting == ordering.CONFIRM and scene.draft.lines:
        ordering.confirm(scene)
    elif scene.session.expecting == PERSON:
        people.call_person(scene, CallPerson("asked for a person"))
    else:
        scene.about(Intent.SMALLTALK)
        scene.said.append(wording.NOTED)
        scene.show = bool(scene.draft.lines)


def _refuse(scene: Scene, _: Command) -> None:
    """ "no": to the question on the table, else no more than that."""
    question = next(iter(scene.session.questions), None)
    if question is None:
        scene.about(Intent.SMALLTALK)
        scene.said.append(wording.NOT_UNTIL_CONFIRMED if scene.draft.lines else wording.NOTED)
    elif question.options and question.options[0].yes is not None:
        _pick(scene, Pick(question.id, (1,)))
    else:
        asking.drop(scene, Drop(question.id))


def _pick(scene: Scene, command: Pick) -> None:
    """The answer to a question, by its kind."""
    question = asking.question_by_id(scene, command.question)
    if question is None:
        scene.said.append(wording.NOTED)
        scene.show = bool(scene.draft.lines)
    elif drafting.pick(scene, command):
        return
    elif question.kind is QuestionKind.CANCEL:
        ordering.pick_order(scene, command)
    elif command.options:
        option = question.options[command.options[0]]
        asking.settle(scene, question.id)
        if option.day is not None:
            scene.about(Intent.DELIVERY)
            delivery.choose(scene, option.day)
        elif option.outlet is not None:
            scene.about(Intent.ACCOUNT)
            set_outlet(scene, option.outlet, claimed=option.outlet not in own_outlets(scene))
        elif option.yes is not None:
            _sentinel(scene, question.said, option.yes)


def _sentinel(scene: Scene, mark: str, yes: bool) -> None:
    """The answer to "is that right?" before an order is placed."""
    scene.about(Intent.CONFIRM)
    if yes:
        scene.session.checked.append(mark)
        ordering.confirm(scene)
    else:
        scene.said.append(wording.KEEP)
        scene.show = True


def _thank(scene: Scene, _: Command) -> None:
    scene.about(Intent.SMALLTALK)
    scene.said.append(wording.ANYTIME)


def _help(scene: Scene, _: Command) -> None:
    scene.about(Intent.SMALLTALK)
    scene.said.append(wording.HELP)


def _acknowledge(scene: Scene, _: Command) -> None:
    scene.about(Intent.SMALLTALK)
    if not scene.session.questions:
        scene.said.append(wording.NOTED)


def _hold(scene: Scene, _: Command) -> None:
    scene.about(Intent.SMALLTALK)
    if not scene.session.questions:
        scene.said.append(wording.NOT_UNTIL_CONFIRMED if scene.draft.lines else wording.NOTED)


def _unclear(scene: Scene, command: Unclear) -> None:
    scene.about(Intent.UNCLEAR)
    scene.said.append(wording.of_what(command.text) if command.amount else wording.UNCLEAR)
    scene.refused = command.matters


def _old_button(scene: Scene, command: OldButton) -> None:
    """A button that stands no more: nothing happens, and what stands is shown with fresh ones."""
    scene.about(Intent.ORDER)
    ordered = scene.session.ordered
    if command.confirm and not scene.draft.lines and ordered and ordered.status is OrderStatus.CONFIRMED:
        scene.order = ordered
        scene.said.append(wording.already_confirmed(ordered.number or "", ordered))
        return
    something_open = bool(scene.draft.lines or scene.session.questions)
    if command.second:
        scene.said.append(wording.SECOND_TAP)
    elif command.confirm and ordering.prices_changed(scene):
        scene.said.append(wording.PRICES_CHANGED)
    else:
        scene.said.append(wording.old_button(something_open))
    revising.show_as_it_stands(scene)


def _too_long(scene: Scene, _: Command) -> None:
    scene.about(Intent.UNCLEAR)
    scene.said.append(wording.TOO_LONG)
    scene.refused = scene.offers_person = True


_PERFORM: dict[type[Command], Callable[[Scene, Any], None]] = {
    Add: drafting.add,
    Change: drafting.change,
    Remove: drafting.remove,
    Replace: drafting.swap,
    Suggest: suggesting.suggest,
    Undo: lambda scene, _: drafting.undo(scene),
    Clear: lambda scene, _: drafting.clear(scene),
    Show: lambda scene, _: drafting.show(scene),
    Deliver: delivery.deliver,
    AddNote: delivery.note,
    Repeat: ordering.repeat,
    Confirm: lambda scene, _: ordering.confirm(scene),
    Cancel: ordering.cancel,
    Status: ordering.status,
    AskProduct: shop.ask_product,
    Menu: shop.menu,
    AskDelivery: lambda scene, _: shop.ask_delivery(scene),
    AskTerms: lambda scene, _: shop.ask_terms(scene),
    AskInvoice: accounts.ask_invoice,
    AskBalance: accounts.ask_balance,
    AskPaid: accounts.ask_paid,
    Greet: lambda scene, _: people.greet(scene),
    Thank: _thank,
    Help: _help,
    CallPerson: people.call_person,
    Complain: people.complain,
    NameOutlet: people.name_outlet,
    UseInvite: invites.use_invite,
    Ask: documents.ask,
    Pick: _pick,
    Drop: asking.drop,
    Agree: _agree,
    Refuse: _refuse,
    Hold: _hold,
    Acknowledge: _acknowledge,
    Unclear: _unclear,
    TooLong: _too_long,
    OldButton: _old_button,
    SwitchOutlet: people.switch_outlet,
    AskOutlet: lambda scene, _: people.tell_outlet(scene),
    Start: consent.start,
    OptOut: consent.opt_out,
    OptIn: consent.opt_in,
    Edited: revising.edited,
    EditedLate: revising.edited_late,
    TakenBack: revising.took_back,
    Attached: attachments.attached,
    Transcribed: attachments.transcribed,
    FromSheet: attachments.from_sheet,
    Located: attachments.located,
    SharedContact: attachments.shared_contact,
    Sticker: attachments.sticker,
    Reaction: attachments.reaction,
    Unknown: attachments.unknown,
    SetReminders: reminder_answers.set_reminders,
    AskReminders: reminder_answers.ask_reminders,
    PauseReminders: reminder_answers.pause_reminders,
    RemindLater: reminder_answers.remind_later,
    Heed: reminder_answers.heed,
    OrderUsual: reminder_answers.order_usual,
    NotThisTime: reminder_answers.not_this_time,
    SeeOrder: reminder_answers.see_order,
    ChangeOrder: reminder_answers.change_order,
    Received: claims.received,
    NotReceived: claims.not_received,
    ClaimItem: claims.claim_item,
    AddToClaim: claims.add_to_claim,
}

__all__ = ["DeskRules", "Scene", "perform"]
