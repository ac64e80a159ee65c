"""How a delivery arrived: thanks, or a report of what was short, damaged or wrong, with photos, for staff to settle.

The desk keeps the chat. What it reports is a row (`Claim`) and a note to staff.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from core import wording
from core.domain.claims import Claim
from core.domain.commands import AddToClaim, ClaimItem, Complain, NotReceived, Received
from core.domain.messages import Choice, Inbound, Intent, Kind
from core.domain.orders import Order, OrderLine, OrderStatus
from core.domain.reminders import ClaimKind
from core.domain.sessions import Claiming, Spoken
from core.flows import lasting
from core.flows.scene import Scene, StaffNote
from core.ports import Job, OpenTurn

_ADDS_WITHIN = timedelta(hours=1)
_STILL_CLEAR = timedelta(days=2)
_MOST_LINES = 8
_MOST_REMEMBERED = 20
_PICTURES = ("image/", "video/")
_KINDS = (
    (ClaimKind.WRONG, re.compile(r"\bwrong\b|\binstead\b|\bnot what (?:i|we) ordered\b")),
    (ClaimKind.SHORT, re.compile(r"\b(?:short(?:ed|age)?|missing|less|lack(?:ing)?|incomplete|not enough)\b")),
    (
        ClaimKind.DAMAGED,
        re.compile(
            r"\b(?:damaged?|broken?|torn|tore|crush(?:ed)?|dent(?:ed)?|crack(?:ed)?|leak\w*|wet|soaked|dirty|mou?ld\w*|"
            r"spoil(?:t|ed)|squashed|ripped|defect\w*|faulty|expired|burst|bent|stale|melted|chipped|smelly|rusty)\b"
        ),
    ),
)
_NO_GOODS = re.compile(r"\b(?:invoice\w*|bill\w*|charg\w*|overcharg\w*|price\w*|rude|late|driver|attitude|refund)\b")


def find(scene: Scene, number: str) -> Order | None:
    """An order of one of the sender's own outlets."""
    return next((o for o in scene.own_orders if o.number == number), None)


def received(scene: Scene, command: Received) -> None:
    """All of it arrived, or it is asked which item did not."""
    order = _delivered(scene, command.order)
    if order is None:
        return
    if command.problem is None:
        scene.said.append(wording.RECEIVED_WELL)
        return
    lines = _lines(scene, order)
    if len(lines) == 1:
        claim_item(scene, ClaimItem(order.number or "", command.problem, (lines[0][1].sku,)))
        return
    choices = [_choice(of, line, command.problem) for of, line in lines[:_MOST_LINES]]
    everything = Choice(lasting.claimed(Claim(order.number or "", "", command.problem)), wording.ALL_OF_IT)
    _ask(scene, wording.which_item(command.problem), [*choices, everything])
    scene.session.claiming = _claiming(scene, order, command.problem)


def not_received(scene: Scene, command: NotReceived) -> None:
    """Something was wrong: it is asked what."""
    order = _delivered(scene, command.order)
    if order is not None:
        person = Choice(lasting.AGENT, wording.GET_PERSON)
        if command.shown:
            scene.notes.append(StaffNote("file"))
        question = wording.SHOWN_WHAT_WAS_WRONG if command.shown else wording.WHAT_WAS_WRONG
        _ask(scene, question, [*problem_choices(order.number or ""), person])


def problem_choices(order: str) -> list[Choice]:
    """What can be wrong with a delivery."""
    return [Choice(lasting.received(order, kind), wording.PROBLEMS[kind]) for kind in ClaimKind]


def claim_item(scene: Scene, command: ClaimItem) -> None:
    """Report items, tell staff, and ask for a photo."""
    order = _delivered(scene, command.order)
    if order is None:
        return
    lines = _lines(scene, order)
    meant = [(of, line) for of, line in lines if line.sku in command.skus and (of is order or _alone(lines, line))]
    if command.skus and (not meant or len(meant) > (command.named or len(meant))):
        received(scene, Received(command.order, command.problem))
        return
    claims = [Claim(of.number or "", of.outlet or "", command.problem, line.sku, command.said) for of, line in meant]
    claims = claims or [Claim(order.number or "", order.outlet or "", command.problem, "", command.said)]
    what = wording.joined([wording.delivered_item(line) for _, line in meant]) or wording.all_of(order.number or "")
    new = [claim for claim in claims if claim.id not in scene.session.reported]
    if new:
        report(scene, new)
        scene.notes.append(StaffNote("claim", _for_staff(scene, order, command, what), order.number))
    scene.said.append(
        wording.claimed(command.problem, what, order.number or "", again=not new, counts=not command.said)
    )
    before = _live(scene)
    same = before is not None and (before.order, before.problem) == (order.number, command.problem.value)
    earlier = before.skus if before is not None and same else ()
    skus = tuple(dict.fromkeys((*earlier, *(claim.sku for claim in claims))))
    scene.session.claiming = replace(_claiming(scene, order, command.problem), skus=skus)
    left = [each for each in lines if each[1].sku not in skus] if "" not in skus else []
    if left:
        scene.closing.append(wording.ANOTHER_ITEM)
    person = Choice(lasting.AGENT, wording.GET_PERSON)
    _offer(scene, [*(_choice(of, line, command.problem) for of, line in left[:_MOST_LINES]), person])


def add_to_claim(scene: Scene, command: AddToClaim) -> None:
    """Pass on words and files for the report that was just made. The desk keeps the chat."""
    claiming = _live(scene)
    if claiming is None:
        return
    scene.about(Intent.DELIVERY)
    kind = ClaimKind(claiming.problem)
    claims = [
        Claim(_order_of(claiming, sku), claiming.outlet, kind, sku, wording.plain(command.said, 500))
        for sku in claiming.skus or ("",)
    ]
    report(scene, claims)
    scene.session.claiming = replace(claiming, skus=tuple(claim.sku for claim in claims))
    text = wording.claim_for_staff(kind, _names(scene, claiming), claiming.order, command.said)
    scene.notes.append(StaffNote("claim more", text, claiming.order))
    scene.said.append(wording.added_to_claim(claiming.order, ordered=not command.said or scene.lines_changed))
    scene.person_button = True


def report(scene: Scene, claims: Iterable[Claim]) -> None:
    """Keep claims with the turn; the same again is one."""
    new = list(claims)
    scene.claims += new
    known = dict.fromkeys([*scene.session.reported, *(claim.id for claim in new)])
    scene.session.reported = list(known)[-_MOST_REMEMBERED:]


def from_complaint(scene: Scene, command: Complain) -> str:
    """Keep a claim of what a complaint says where only one delivery can be meant; the number of its order, else ""."""
    text, kind = command.said.casefold(), kind_of(command.said)
    if kind is None or not is_about_goods(text) or scene.outlet is None or scene.session.claimed:
        return ""
    today = scene.now.date()
    recent = [
        o
        for o in scene.own_orders
        if o.outlet == scene.outlet.code
        and o.status is OrderStatus.CONFIRMED
        and o.delivery_date is not None
        and today - _STILL_CLEAR <= o.delivery_date <= today
    ]
    last = max((o.delivery_date for o in recent if o.delivery_date), default=None)
    meant = [o for o in recent if o.delivery_date == last]
    if len(meant) != 1:
        return ""
    order = meant[0]
    skus = [line.sku for line in order.lines if line.sku in command.skus] or [""]
    report(scene, (Claim(order.number or "", scene.outlet.code, kind, sku, wording.plain(text, 500)) for sku in skus))
    return order.number or ""


def kind_of(text: str) -> ClaimKind | None:
    """What was wrong, by the words; None where they say nothing of it."""
    return next((kind for kind, words in _KINDS if words.search(text.casefold())), None)


def without_kind(text: str) -> str:
    """The words but those that say what was wrong."""
    for _, words in _KINDS:
        text = words.sub(" ", text.casefold())
    return text


def asked_about(scene: Scene) -> str:
    """The order whose arrival the desk has just asked about; "" where it spoke of something else last."""
    asked = lasting.meaning(scene.session.spoken.yes) if scene.session.spoken is not None else None
    return asked.order if isinstance(asked, Received) else ""


def is_about_goods(complaint: str) -> bool:
    """Whether a complaint is about what came, and not about money or people."""
    return not _NO_GOODS.search(complaint.casefold())


def takes(scene: Scene, message: Inbound) -> bool:
    """Whether the files of a message belong to the report that was just made, and are no order."""
    return _live(scene) is not None and shows_goods(message)


def shows_goods(message: Inbound) -> bool:
    """Whether a message is pictures."""
    if not message.attachments:
        return False
    pictures = all(file.content_type.startswith(_PICTURES) for file in message.attachments)
    return message.kind in (Kind.PHOTO, Kind.VIDEO) or (message.kind is Kind.DOCUMENT and pictures)


def claim_jobs(turn: OpenTurn, scene: Scene) -> tuple[Job, ...]:
    """The outbox rows that keep a turn's claims."""
    return tuple(
        Job(
            "claim",
            f"claim:{claim.id}:{turn.turn_id}",
            f"claim:{claim.order}",
            {
                "id": claim.id,
                "order": claim.order,
                "outlet": claim.outlet,
                "chat": turn.chat_id,
                "turn": turn.turn_id,
                "kind": claim.kind.value,
                "sku": claim.sku,
                "said": claim.said,
                "at": scene.now.isoformat(),
            },
        )
        for claim in dict.fromkeys(scene.claims)
    )


# -- what was delivered ----------------------------------------------------------------------------------


def _delivered(scene: Scene, number: str) -> Order | None:
    """The order that is spoken of, or say why there is nothing to report of it."""
    scene.about(Intent.DELIVERY)
    order = find(scene, number)
    if order is None:
        scene.said.append(wording.unknown_order(number))
    elif order.status is OrderStatus.CANCELLED:
        scene.said.append(wording.cancelled(number))
    elif order.delivery_date is not None and order.delivery_date > scene.now.date():
        scene.said.append(wording.not_delivered_yet(number, order.delivery_date))
    else:
        return order
    return None


def _lines(scene: Scene, order: Order) -> list[tuple[Order, OrderLine]]:
    """What came with an order's delivery: its own lines, then those of other orders for that day."""
    others = [
        o
        for o in scene.own_orders
        if o.outlet == order.outlet
        and o.delivery_date == order.delivery_date
        and o.status is OrderStatus.CONFIRMED
        and o.number != order.number
    ]
    return [(of, line) for of in (order, *others) for line in of.lines]


def _alone(lines: Sequence[tuple[Order, OrderLine]], line: OrderLine) -> bool:
    return sum(other.sku == line.sku for _, other in lines) == 1


def _claiming(scene: Scene, order: Order, kind: ClaimKind) -> Claiming:
    lines = tuple((of.number or "", line.sku) for of, line in _lines(scene, order))
    turn = scene.session.turns + 1
    return Claiming(order.number or "", order.outlet or "", kind.value, lines, scene.now, turn)


def _live(scene: Scene) -> Claiming | None:
    """The report that words and files may still be added to."""
    claiming = scene.session.claiming
    return claiming if claiming is not None and scene.now - claiming.at <= _ADDS_WITHIN else None


def live(scene: Scene) -> Claiming | None:
    """As above, for those who read what the customer says."""
    return _live(scene)


def _order_of(claiming: Claiming, sku: str) -> str:
    """The order that an item came with."""
    if (claiming.order, sku) in claiming.lines:
        return claiming.order
    return next((number for number, other in claiming.lines if other == sku), claiming.order)


def _names(scene: Scene, claiming: Claiming) -> str:
    return wording.joined([scene.product(sku).name for sku in claiming.skus if sku in scene.catalogue.products])


def _for_staff(scene: Scene, order: Order, command: ClaimItem, what: str) -> str:
    when = f"delivered {wording.day(order.delivery_date)}" if order.delivery_date else ""
    return wording.claim_for_staff(command.problem, f"{what}, {when}" if when else what, "", command.said)


# -- what is asked ---------------------------------------------------------------------------------------


def _choice(of: Order, line: OrderLine, kind: ClaimKind) -> Choice:
    claim = Claim(of.number or "", of.outlet or "", kind, line.sku)
    return Choice(lasting.claimed(claim), line.name, wording.units(line.quantity, line.unit))


def _ask(scene: Scene, question: str, choices: Sequence[Choice]) -> None:
    scene.said.append(question)
    _offer(scene, choices)


def _offer(scene: Scene, choices: Sequence[Choice]) -> None:
    """Show choices and nothing below them; their titles may be typed as well."""
    scene.choices = list(choices)
    scene.session.spoken = Spoken(tuple((c.title, c.id) for c in choices))
    scene.ends = True
