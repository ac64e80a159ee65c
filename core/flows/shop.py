"""Questions that the catalogue and the calendar answer: price, pack, what there is, the menu, delivery days."""

from core import wording
from core.domain.commands import AskProduct, Menu, Wanted
from core.domain.messages import Choice, Intent
from core.flows.scene import Scene

_MOST = 8
_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def ask_product(scene: Scene, command: AskProduct) -> None:
    """Answer about products from their rows; nothing is ordered."""
    scene.about(Intent.QUESTION)
    asked: list[str] = []
    for wanted in command.wanted:
        skus = [s for s in wanted.skus if scene.product(s).active]
        if len(skus) == 1 and wanted.unexplained and not any(c.isdigit() for c in "".join(wanted.unexplained)):
            asked.append(skus[0])
            scene.said.append(f"{_row(scene, skus[0], command)}. {wording.cannot_say(wanted.unexplained)}")
            continue
        if not skus or wanted.unexplained:
            _not_found(scene, wanted)
            continue
        asked += skus[:_MOST]
        rows = [_row(scene, sku, command) for sku in skus[:_MOST]]
        scene.said.append(rows[0] + "." if len(skus) == 1 else wording.products(rows, len(skus) - len(rows)))
    scene.session.asked_about = asked
    if len(asked) == 1:
        scene.closing.append("Tell me how many if you'd like some.")


def _not_found(scene: Scene, wanted: Wanted) -> None:
    near = [s for s in (wanted.near or wanted.skus) if scene.product(s).active][:4]
    if wanted.discontinued:
        scene.said.append(wording.not_sold(scene.product(wanted.discontinued).name, bool(near)))
    else:
        scene.said.append(wording.unknown_product(" ".join(wanted.unexplained) or wanted.said, bool(near)))
    if near:
        scene.said.append(wording.products([_row(scene, s, AskProduct(())) for s in near], 0))


def _row(scene: Scene, sku: str, command: AskProduct) -> str:
    product = scene.product(sku)
    if command.pack and not command.price:
        return wording.packed(product.name, product.unit, product.pieces_per_unit)
    return wording.price(product.name, scene.money(scene.price(sku)), product.unit, product.pieces_per_unit)


def menu(scene: Scene, command: Menu) -> None:
    """The categories as choices, or one category's products."""
    scene.about(Intent.QUESTION)
    if command.category is None and not scene.catalogue.categories:
        rows = [_row(scene, p.sku, AskProduct(())) for p in scene.catalogue.active]
        scene.said.append(wording.products(rows[:12], max(0, len(rows) - 12)))
        return
    if command.category is None:
        scene.said.append(wording.categories(scene.catalogue.categories))
        scene.choices = [Choice(f"show {name}", name) for name in scene.catalogue.categories[:10]]
        return
    products = [p for p in scene.catalogue.active if p.category == command.category]
    rows = [_row(scene, p.sku, AskProduct(())) for p in products]
    scene.said.append(wording.products(rows[:20], max(0, len(rows) - 20)))


def ask_delivery(scene: Scene) -> None:
    """Delivery days, cut-off and the next days that can be had."""
    scene.about(Intent.DELIVERY)
    calendar = scene.reference.calendar
    rules = calendar.rules_for(scene.outlet)
    days = wording.week([_WEEK[d - 1] for d in calendar.days_of(scene.outlet)], _WEEK)
    closes = wording.closes(f"{rules.cut_off:%H:%M}", rules.lead_days)
    scene.said.append(wording.delivery_days(days, closes, calendar.next_days(scene.outlet, scene.now)))


def ask_terms(scene: Scene) -> None:
    """When the outlet's invoices are due, from its row; one who only named the outlet is not told."""
    scene.about(Intent.ACCOUNT)
    if scene.outlet is None or scene.session.claimed:
        scene.said.append(wording.NO_ANSWER)
        scene.offers_person = True
        return
    scene.said.append(wording.payment_terms(scene.outlet.name, scene.outlet.payment_terms_days))
