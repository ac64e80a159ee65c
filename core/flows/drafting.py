"""Putting the draft together: add, change, remove, replace, undo, clear, show, and the answers to questions."""

from dataclasses import replace
from decimal import Decimal

from core import wording
from core.domain.commands import Add, Change, Pick, Remove, Replace, Sign, Wanted
from core.domain.messages import Intent
from core.domain.orders import Draft, OrderStatus
from core.domain.quantities import Doubt, Reckoned
from core.domain.sessions import Action, Option, Question, QuestionKind
from core.flows.asking import (
    amount_question,
    answered_wanted,
    ask,
    forget_about,
    narrowed,
    product_question,
    question_by_id,
    reckon_for,
    settle,
)
from core.flows.scene import Scene

_MOST_UNDO = 10
# Sell units of one product in one message that are asked about before they become a line.
MOST_WITHOUT_ASKING = 500
# A larger number is a slip of the thumb: the amount is asked for anew.
MOST_READ = 100_000


def add(scene: Scene, command: Add) -> None:
    """Order something: a clear product and amount become a line, anything else is held and asked about."""
    scene.about(Intent.ORDER)
    want(scene, command.wanted, Action.ADD, None)


def want(scene: Scene, wanted: Wanted, action: Action, old_sku: str | None) -> None:
    """Settle a product phrase for an action, as far as it goes without asking."""
    if len(wanted.skus) != 1 or not wanted.sure or wanted.discontinued:
        product_question(scene, wanted, action, old_sku)
        return
    settled(scene, wanted.skus[0], wanted, action, old_sku)


def settled(scene: Scene, sku: str, wanted: Wanted, action: Action, old_sku: str | None = None) -> None:
    """The product is clear; the amount may not be."""
    if action is Action.REMOVE:
        take_out(scene, sku)
        return
    old = scene.draft.line(old_sku or sku)
    editing = action is not Action.ADD or wanted.more
    if action is Action.REPLACE and wanted.amount is None and old is not None:
        put(scene, sku, Reckoned(old.quantity, old.in_pieces), action, old_sku)
        return
    if wanted.amount is not None and wanted.amount > MOST_READ:
        wanted = replace(wanted, amount=None, unit=None, amount_to=None)
    in_units = editing and old is not None and not _said_in_pieces(scene, old.sku, wanted.amount)
    reckoned = reckon_for(scene, sku, wanted, in_units=in_units)
    if reckoned.doubt is None and not _agrees_with_pack(scene, sku, wanted, reckoned):
        reckoned = replace(reckoned, doubt=Doubt.UNIT, alternatives=((reckoned.quantity, False),))
    if reckoned.doubt is not None and not (reckoned.doubt is Doubt.MINIMUM and wanted.more and old is not None):
        amount_question(scene, sku, wanted, reckoned, action, old_sku)
        return
    if reckoned.doubt is Doubt.MINIMUM:
        reckoned = Reckoned(int(wanted.amount or 0))
    if reckoned.quantity > MOST_WITHOUT_ASKING and reckoned.doubt is None:
        reckoned = replace(reckoned, doubt=Doubt.LARGE, alternatives=((reckoned.quantity, reckoned.in_pieces),))
        amount_question(scene, sku, wanted, reckoned, action, old_sku)
        return
    if action is Action.ADD and old is not None and not wanted.more:
        _said_again(scene, sku, wanted, reckoned, old.quantity)
        return
    put(scene, sku, reckoned, action, old_sku, wanted)


def _said_in_pieces(scene: Scene, sku: str, amount: Decimal | None) -> bool:
    """A bare number for a line counts pieces when it was said in pieces and the number divides like them."""
    line = scene.draft.line(sku)
    per_unit = scene.product(sku).pieces_per_unit
    if line is None or amount is None or per_unit == 1:
        return False
    return (line.in_pieces or amount > max(20, line.quantity * 5)) and amount >= per_unit


def _agrees_with_pack(scene: Scene, sku: str, wanted: Wanted, reckoned: Reckoned) -> bool:
    """ "2 bundles (100 pcs)": the pieces named beside the amount must be those of one unit or of all."""
    per_unit = scene.product(sku).pieces_per_unit
    return wanted.pack is None or wanted.pack in (per_unit, per_unit * reckoned.quantity)


def _said_again(scene: Scene, sku: str, wanted: Wanted, reckoned: Reckoned, present: int) -> None:
    """A product that is on the draft already is named again without "more"."""
    if reckoned.quantity == present:
        scene.said.append(wording.already_same(scene.item(sku, present)))
        scene.touched.append(sku)
        scene.show = True
        return
    options = [
        Option(
            f"{wording.units(total, scene.product(sku).unit)} in total",
            sku=sku,
            quantity=total,
            in_pieces=reckoned.in_pieces,
        )
        for total in (reckoned.quantity, present + reckoned.quantity)
    ]
    ask(
        scene,
        QuestionKind.TOTAL,
        wanted.said,
        options,
        action=Action.SET,
        amount=wanted.amount,
        unit=wanted.unit,
        note=wording.total_or_more(scene.item(sku, present), scene.product(sku).name, reckoned.quantity),
    )


def put(
    scene: Scene,
    sku: str,
    reckoned: Reckoned,
    action: Action,
    old_sku: str | None = None,
    wanted: Wanted | None = None,
) -> None:
    """Write a settled line and say so."""
    old = scene.draft.line(sku)
    adds = action is Action.ADD and old is not None
    quantity = reckoned.quantity + (old.quantity if old and adds else 0)
    scene.set_line(sku, quantity, in_pieces=reckoned.in_pieces, instead_of=old_sku)
    forget_about(scene, sku)
    line = scene.item(sku, quantity)
    if reckoned.rounded and wanted is not None and wanted.amount is not None:
        product = scene.product(sku)
        scene.said.append(wording.rounded(product.name, wanted.amount, product.unit, product.pieces_per_unit, line))
    elif adds or action in (Action.SET, Action.REPLACE):
        scene.said.append(
            wording.now(line)
            if old_sku in (None, sku)
            else f"{wording.now(line)[:-1]}, instead of {scene.product(old_sku).name}."
        )
    else:
        scene.added.append(line)


def take_out_what_is_no_longer_sold(scene: Scene) -> None:
    """Lines that an import ended meanwhile go, and that is said. What a confirmed order holds already stays."""
    ordered = scene.session.ordered
    kept = {line.sku for line in ordered.lines} if ordered and ordered.number == scene.draft.amends else set()
    for sku in [line.sku for line in scene.draft.lines]:
        if sku not in kept and not scene.product(sku).active:
            scene.set_line(sku, 0)
            scene.said.append(wording.no_longer_sold(scene.product(sku).name))


def take_out(scene: Scene, sku: str) -> None:
    """Remove a line and say so."""
    scene.set_line(sku, 0)
    forget_about(scene, sku)
    scene.said.append(wording.removed([scene.product(sku).name]))


# -- edits -------------------------------------------------------------------------------------------


def change(scene: Scene, command: Change) -> None:
    """Set, raise, lower or multiply the amount of a line."""
    scene.about(Intent.AMEND)
    lines = [s for s in command.wanted.skus if scene.draft.line(s)]
    if not lines:
        want(scene, command.wanted, Action.ADD, None)
        return
    if len(lines) > 1:
        _which_line(scene, command.wanted, lines, Action.SET, "shall I change")
        return
    sku, wanted = lines[0], command.wanted
    if command.sign is Sign.SET:
        settled(scene, sku, wanted, Action.SET)
        return
    line = scene.draft.line(sku)
    present = line.quantity if line else 0
    if command.sign is Sign.TIMES:
        _to(scene, sku, Decimal(present) * (wanted.amount or 1), wanted)
        return
    step = reckon_for(scene, sku, wanted, in_units=not _said_in_pieces(scene, sku, wanted.amount))
    if step.doubt not in (None, Doubt.MINIMUM):
        amount_question(scene, sku, replace(wanted, more=True), step, Action.ADD)
        return
    size = int(wanted.amount or 0) if step.doubt is Doubt.MINIMUM else step.quantity
    _to(scene, sku, Decimal(present + (size if command.sign is Sign.PLUS else -size)), wanted)


def _to(scene: Scene, sku: str, quantity: Decimal, wanted: Wanted) -> None:
    if quantity <= 0:
        take_out(scene, sku)
        return
    settled(scene, sku, replace(wanted, amount=quantity, unit=None, more=False, skus=(sku,)), Action.SET)


def _which_line(scene: Scene, wanted: Wanted, skus: list[str], action: Action, what: str) -> None:
    options = [Option(scene.product(s).name, sku=s) for s in skus]
    ask(
        scene,
        QuestionKind.PRODUCT,
        wanted.said,
        options,
        action=action,
        amount=wanted.amount,
        unit=wanted.unit,
        note=wording.which_line(what),
    )


def remove(scene: Scene, command: Remove) -> None:
    """Take a line out; several that fit are asked about."""
    scene.about(Intent.AMEND)
    lines = [s for s in command.wanted.skus if scene.draft.line(s)]
    if len(lines) > 1:
        _which_line(scene, command.wanted, lines, Action.REMOVE, "shall I take out")
    elif lines:
        take_out(scene, lines[0])
    else:
        said = command.wanted.said or "That"
        scene.said.append(f"“{said}” {wording.NOT_ON_ORDER}")
        scene.show = bool(scene.draft.lines)


def swap(scene: Scene, command: Replace) -> None:
    """Have another product instead; the old line stays until the new one is clear."""
    scene.about(Intent.AMEND)
    lines = [s for s in command.old.skus if scene.draft.line(s)]
    if len(lines) > 1:
        _which_line(scene, command.old, lines, Action.REMOVE, "shall I replace")
        return
    if not lines:
        want(scene, command.new, Action.ADD, None)
        return
    old = lines[0]
    new = command.new
    if len(new.skus) == 1 and new.skus[0] == old and new.amount is not None:
        settled(scene, old, new, Action.SET)
        return
    others = tuple(s for s in new.skus if s != old)
    want(scene, replace(new, skus=others) if others else new, Action.REPLACE, old)


def undo(scene: Scene) -> None:
    """Take back the last change."""
    scene.about(Intent.AMEND)
    if not scene.session.undo:
        scene.said.append(wording.NOTHING_TO_UNDO)
        return
    scene.session.draft = scene.session.undo.pop()
    scene.session.questions.clear()
    scene.said.append(wording.UNDONE)
    scene.show = True


def clear(scene: Scene) -> None:
    """Empty the draft."""
    scene.about(Intent.AMEND)
    had = bool(scene.draft.lines or scene.session.questions)
    scene.session.draft = Draft()
    scene.session.questions.clear()
    scene.said.append(wording.CLEARED if had else wording.EMPTY)


def show(scene: Scene) -> None:
    """Show the draft, or the order that stands."""
    scene.about(Intent.ORDER)
    if scene.draft.lines:
        scene.review = True
    elif scene.session.ordered and scene.session.ordered.status is OrderStatus.CONFIRMED:
        scene.order = scene.session.ordered
        scene.said.append(wording.status(scene.session.ordered))
    elif not scene.session.questions:
        scene.said.append(wording.EMPTY)


def remember_for_undo(scene: Scene, before: Draft) -> None:
    """Keep the draft as it was before this turn changed it."""
    scene.session.undo = [*scene.session.undo, before][-_MOST_UNDO:]


def keep_undo_from_other_orders(scene: Scene) -> None:
    """After a change of outlet, no earlier draft changes an order of the outlet left behind."""
    scene.session.undo = [replace(draft, amends=None) for draft in scene.session.undo]


# -- answers to questions ------------------------------------------------------------------------------


def pick(scene: Scene, command: Pick) -> bool:
    """Perform the answer to a question about a product or an amount; False when it is another kind's."""
    question = question_by_id(scene, command.question)
    if question is None:
        return True
    scene.about(Intent.ORDER if question.action is Action.ADD else Intent.AMEND)
    if question.kind is QuestionKind.PRODUCT:
        _pick_product(scene, question, command)
        return True
    if question.kind in (QuestionKind.QUANTITY, QuestionKind.UNITS, QuestionKind.MINIMUM, QuestionKind.TOTAL):
        _pick_amount(scene, question, command)
        return True
    return False


def _pick_product(scene: Scene, question: Question, command: Pick) -> None:
    places = [n for n in command.options if n < len(question.options)]
    if len(places) == 1 or (
        len(places) == len(question.options) > 1 and command.amount is None and _all_meant(command, question)
    ):
        settle(scene, question.id)
        for n in places:
            option = question.options[n]
            if option.sku:
                settled(
                    scene,
                    option.sku,
                    answered_wanted(question, option, command),
                    question.action,
                    question.old_sku,
                )
        return
    kept = narrowed(question, places) if places else question
    if command.amount is not None:
        kept = replace(kept, amount=command.amount, unit=command.unit)
    scene.session.questions = [kept if q.id == question.id else q for q in scene.session.questions]


def _all_meant(command: Pick, question: Question) -> bool:
    """ "both", "all": said of a question whose alternatives are all wanted."""
    return len(command.options) == len(question.options)


def _pick_amount(scene: Scene, question: Question, command: Pick) -> None:
    if command.options and question.options[command.options[0]].quantity is not None:
        option = question.options[command.options[0]]
        settle(scene, question.id)
        put(
            scene,
            option.sku or "",
            Reckoned(option.quantity or 0, option.in_pieces),
            question.action,
            question.old_sku,
        )
        return
    if command.amount is None or not question.options or question.options[0].sku is None:
        scene.refused = True
        return
    sku = question.options[0].sku
    settle(scene, question.id)
    wanted = replace(answered_wanted(question, question.options[0], command), unit=command.unit)
    in_units = command.unit is None and question.kind in (
        QuestionKind.QUANTITY,
        QuestionKind.MINIMUM,
        QuestionKind.UNITS,
        QuestionKind.TOTAL,
    )
    reckoned = reckon_for(scene, sku, wanted, in_units=in_units and not _like_pieces(scene, sku, wanted))
    if reckoned.doubt is not None:
        amount_question(scene, sku, wanted, reckoned, question.action, question.old_sku)
        return
    put(scene, sku, reckoned, question.action, question.old_sku, wanted)


def _like_pieces(scene: Scene, sku: str, wanted: Wanted) -> bool:
    """A large number that divides by the pieces of a unit counts pieces even as an answer."""
    per_unit = scene.product(sku).pieces_per_unit
    return wanted.amount is not None and per_unit > 1 and wanted.amount > 20 and wanted.amount % per_unit == 0
