"""Edits of the draft that words may mean: each is a question that shows what would become of the line."""

from core import wording
from core.domain.commands import Suggest
from core.domain.messages import Intent
from core.domain.sessions import Action, Option, QuestionKind
from core.flows.asking import amount_question, ask, option_of, reckon_for
from core.flows.scene import Scene


def suggest(scene: Scene, command: Suggest) -> None:
    """Ask whether the edit is meant; a line that is gone by now needs none."""
    scene.about(Intent.AMEND)
    wanted, sku = command.wanted, command.wanted.skus[0]
    if scene.draft.line(sku) is None:
        scene.said.append(f"“{wanted.said}” {wording.NOT_ON_ORDER}")
    elif command.action is Action.REMOVE:
        note = wording.take_out(scene.product(sku).name)
        ask(scene, QuestionKind.PRODUCT, wanted.said, [option_of(scene, sku)], action=Action.REMOVE, note=note)
    else:
        _ask_for_amount(scene, sku, command)


def _ask_for_amount(scene: Scene, sku: str, command: Suggest) -> None:
    wanted = command.wanted
    reckoned = reckon_for(scene, sku, wanted, in_units=wanted.unit is None)
    if reckoned.doubt is not None:
        amount_question(scene, sku, wanted, reckoned, Action.SET)
        return
    title = wording.units(reckoned.quantity, scene.product(sku).unit)
    ask(
        scene,
        QuestionKind.UNITS,
        wanted.said,
        [Option(title, sku=sku, quantity=reckoned.quantity, in_pieces=reckoned.in_pieces)],
        action=Action.SET,
        note=wording.make_it(scene.item(sku, reckoned.quantity)),
    )
