"""Holding what is in doubt: questions with real alternatives, and what their answers do."""

from collections.abc import Sequence
from dataclasses import replace

from core import wording
from core.domain.commands import Drop, Pick, Wanted
from core.domain.messages import Intent
from core.domain.quantities import Doubt, Reckoned, reckon
from core.domain.sessions import Action, Option, Question, QuestionKind, new_id
from core.domain.units import PIECE, means_pieces, unit_of
from core.flows.scene import Scene

MOST_OPTIONS = 9


def ask(scene: Scene, kind: QuestionKind, said: str, options: Sequence[Option], **details: object) -> Question:
    """Hold something until the customer answers; asking the same again replaces the earlier question."""
    question = Question(new_id(), kind, said, tuple(options[:MOST_OPTIONS]), **details)  # type: ignore[arg-type]
    same = {o.sku for o in question.options if o.sku}
    scene.session.questions = [
        q
        for q in scene.session.questions
        if not (q.kind is kind and q.said == said)
        and not (same and q.old_sku == question.old_sku and {o.sku for o in q.options if o.sku} == same)
        and not (kind is QuestionKind.DATE and q.kind is kind)
    ]
    scene.session.questions.append(question)
    return question


def settle(scene: Scene, question_id: str | None) -> None:
    """Forget a question that is answered."""
    scene.session.questions = [q for q in scene.session.questions if q.id != question_id]


def forget_about(scene: Scene, sku: str) -> None:
    """Forget questions about an amount of a product that has just been settled otherwise."""
    counted = {QuestionKind.QUANTITY, QuestionKind.UNITS, QuestionKind.MINIMUM, QuestionKind.TOTAL}
    scene.session.questions = [
        q for q in scene.session.questions if not (q.kind in counted and {o.sku for o in q.options} == {sku})
    ]


def product_question(scene: Scene, wanted: Wanted, action: Action, old_sku: str | None = None) -> None:
    """Ask which product is meant, or say that there is none and offer the nearest."""
    skus = wanted.skus or tuple(s for s in wanted.near if scene.product(s).active)
    kind = QuestionKind.PRODUCT if wanted.skus and not wanted.discontinued else QuestionKind.UNKNOWN
    options = [option_of(scene, sku) for sku in _usual_first(scene, skus)[:MOST_OPTIONS]]
    ask(
        scene,
        QuestionKind.PRODUCT if options else kind,
        wanted.said,
        options,
        action=action,
        amount=wanted.amount,
        unit=wanted.unit,
        amount_to=wanted.amount_to,
        more=wanted.more,
        old_sku=old_sku,
        pack=wanted.pack,
        note=_product_words(scene, wanted, len(skus)),
    )


def _product_words(scene: Scene, wanted: Wanted, count: int) -> str:
    if wanted.discontinued and not (wanted.skus and not wanted.unexplained):
        return wording.not_sold(scene.product(wanted.discontinued).name, count > 0)
    if not wanted.skus:
        return wording.unknown_product(wanted.said, count > 0)
    if len(wanted.skus) == 1:
        return wording.is_it(wanted.said, scene.product(wanted.skus[0]).name, wanted.unexplained)
    if wanted.unexplained:
        return wording.unknown_product(wanted.said, near=True)
    return wording.which_product(wanted.said, count)


def _usual_first(scene: Scene, skus: Sequence[str]) -> list[str]:
    """Earlier orders rank the alternatives; they never choose among them."""
    bought = {line.sku for order in scene.history for line in order.lines}
    return sorted(skus, key=lambda sku: sku not in bought)


def option_of(scene: Scene, sku: str) -> Option:
    """A product as a choice."""
    product = scene.product(sku)
    per = f" of {product.pieces_per_unit}" if product.pieces_per_unit > 1 else ""
    return Option(product.name, sku=sku, description=f"{product.unit}{per}")


def amount_question(
    scene: Scene, sku: str, wanted: Wanted, reckoned: Reckoned, action: Action, old_sku: str | None = None
) -> None:
    """Ask about an amount that cannot be taken as it stands."""
    product = scene.product(sku)
    kind = {Doubt.MISSING: QuestionKind.QUANTITY, Doubt.MINIMUM: QuestionKind.MINIMUM}.get(
        reckoned.doubt or Doubt.UNIT, QuestionKind.UNITS
    )
    options = [
        Option(_amount_title(scene, sku, quantity), sku=sku, quantity=quantity, in_pieces=in_pieces)
        for quantity, in_pieces in dict(reckoned.alternatives).items()
    ] or [Option(product.name, sku=sku)]
    ask(
        scene,
        kind,
        wanted.said or product.name,
        options,
        action=action,
        amount=wanted.amount,
        unit=wanted.unit,
        more=wanted.more,
        old_sku=old_sku,
        note=_amount_words(scene, sku, wanted, reckoned),
    )


def _amount_title(scene: Scene, sku: str, quantity: int) -> str:
    product = scene.product(sku)
    return wording.units(quantity, product.unit) + wording.pieces(
        quantity * product.pieces_per_unit, product.pieces_per_unit
    )


def _amount_words(scene: Scene, sku: str, wanted: Wanted, reckoned: Reckoned) -> str:
    product = scene.product(sku)
    number = f"{wanted.amount.normalize():f}" if wanted.amount is not None else ""
    match reckoned.doubt:
        case Doubt.UNIT:
            return wording.other_unit(product.name, product.unit, product.pieces_per_unit, wanted.unit or "")
        case Doubt.PIECES_OR_UNITS if len({quantity for quantity, _ in reckoned.alternatives}) == 1:
            return wording.one_unit(
                product.name, scene.item(sku, reckoned.quantity), product.unit, product.pieces_per_unit
            )
        case Doubt.PIECES_OR_UNITS:
            return wording.units_or_pieces(product.name, number, product.unit, product.pieces_per_unit)
        case Doubt.ROUNDING:
            return wording.rounding(product.name, number, product.unit, product.pieces_per_unit)
        case Doubt.LARGE:
            return wording.large(scene.item(sku, reckoned.quantity))
        case Doubt.MINIMUM:
            return wording.minimum(product.name, reckoned.quantity, product.unit)
        case Doubt.RANGE:
            return wording.which_range(product.name, number, f"{wanted.amount_to}")
        case _:
            return wording.how_many(product.name, product.unit, product.pieces_per_unit)


def reckon_for(scene: Scene, sku: str, wanted: Wanted, *, in_units: bool = False) -> Reckoned:
    """Sell units for what was said of a product."""
    product = scene.product(sku)
    unit = PIECE if means_pieces(product, wanted.unit) else wanted.unit
    if unit == "can" and unit_of(product.unit) != "can":
        unit = None
    if wanted.amount_to is not None and wanted.amount is not None:
        ends = (wanted.amount, wanted.amount_to)
        both = [reckon(product, a, unit, unit_of(product.unit), in_units=in_units) for a in ends]
        return Reckoned(
            both[0].quantity, doubt=Doubt.RANGE, alternatives=tuple((r.quantity, r.in_pieces) for r in both)
        )
    if wanted.vague:
        return Reckoned(0, doubt=Doubt.MISSING)
    return reckon(product, wanted.amount, unit, unit_of(product.unit), in_units=in_units)


# -- answers -----------------------------------------------------------------------------------------


def question_by_id(scene: Scene, question_id: str | None) -> Question | None:
    """A pending question, or None when it is answered already (an old button, a double tap)."""
    if question_id is None:
        return scene.session.questions[0] if scene.session.questions else None
    return next((q for q in scene.session.questions if q.id == question_id), None)


def answered_wanted(question: Question, option: Option, pick: Pick) -> Wanted:
    """What was said of a held item, with the product now known."""
    amount = pick.amount if pick.amount is not None else question.amount
    return Wanted(
        question.said,
        (option.sku,) if option.sku else (),
        True,
        amount,
        pick.unit or question.unit,
        None if pick.amount is not None else question.amount_to,
        more=question.more,
        pack=question.pack,
    )


def drop(scene: Scene, command: Drop) -> None:
    """The held item is not wanted after all."""
    question = question_by_id(scene, command.question)
    if question is None:
        scene.said.append(wording.NOT_UNTIL_CONFIRMED if scene.draft.lines else wording.NOTED)
        return
    settle(scene, question.id)
    scene.said.append(
        wording.KEEP
        if question.kind in (QuestionKind.CANCEL, QuestionKind.UNUSUAL, QuestionKind.REPEATED)
        or question.action in (Action.SET, Action.REMOVE)
        else wording.DROPPED
    )
    scene.about(Intent.AMEND)
    scene.show = bool(scene.draft.lines)


def narrowed(question: Question, places: Sequence[int]) -> Question:
    """The question with fewer alternatives."""
    return replace(question, options=tuple(question.options[n] for n in places))
