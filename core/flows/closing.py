"""The end of every turn: the echo, the draft, the one question that comes next, and the buttons for it."""

from dataclasses import replace

from core import wording
from core.domain.messages import Answer, Choice, Intent, Reply
from core.domain.orders import Order, OrderStatus
from core.domain.sessions import Question, QuestionKind
from core.flows.asking import settle
from core.flows.ordering import CONFIRM, confirm_choice
from core.flows.outlets import is_stranger
from core.flows.scene import Scene

PERSON = "person"
_MOST_PUTS = 2
_LEVELS = ("miss", "l4", "l3", "l2", "l1")
_WEIGHT = [
    Intent.HANDOFF,
    Intent.CONFIRM,
    Intent.CANCEL,
    Intent.REORDER,
    Intent.AMEND,
    Intent.ORDER,
    Intent.DELIVERY,
    Intent.QUESTION,
    Intent.ACCOUNT,
    Intent.UNCLEAR,
    Intent.SMALLTALK,
]


def finish(scene: Scene) -> None:
    """Complete the scene's sentences: echo what was added, show the draft, say what is next."""
    session = scene.session
    if scene.added and len(scene.added) == len(scene.draft.lines) and not scene.orders:
        scene.said.insert(0, wording.GOT_IT)  # the list that follows names them all
    elif scene.added:
        scene.said.insert(0, wording.added(scene.added))
    if scene.emptied_by_edit and not scene.draft.lines and not session.questions and wording.EMPTY not in scene.said:
        scene.said.append(wording.EMPTIED)
    session.focus = [s for s in dict.fromkeys(scene.touched) if s] or session.focus
    if scene.lines_changed:
        session.asked_about = []
    _next_step(scene)


def _next_step(scene: Scene) -> None:
    session, draft = scene.session, scene.draft
    changed = scene.lines_changed or bool(scene.touched) or scene.show
    if session.handoff is not None or scene.silent or scene.ends:
        return
    if session.questions or session.asked_about or not draft.lines or changed:
        session.offered = []
    if not scene.restating:
        _leave_out_what_cannot_be_answered(scene)
    if session.questions:
        if draft.lines and (changed or scene.review):
            _show_card(scene, wording.draft(scene.priced(draft), draft.amends))
        _put_question(scene, session.questions[0])
        return
    session.expecting = PERSON if scene.offers_person else None
    if scene.offers_person:
        scene.choices = [Choice("agent", wording.GET_PERSON)]
    if not draft.lines:
        _without_lines(scene)
    elif changed or scene.review or Intent.CONFIRM in scene.intents:
        _after_change(scene)
    elif draft.delivery_date is not None and scene.outlet is not None and not scene.offers_person:
        session.expecting = CONFIRM
    if scene.person_button:
        _offer_person_besides(scene)
    if scene.choices and not session.offered:
        session.offered = [c.id for c in scene.choices if c.id.startswith("show ")]


def _offer_person_besides(scene: Scene) -> None:
    """A button for a person where there is no other, and a "yes" to what could not be read confirms nothing."""
    scene.choices = scene.choices or [Choice("agent", wording.GET_PERSON)]
    scene.session.expecting = CONFIRM if any(c.id == CONFIRM for c in scene.choices) else None


def _show_card(scene: Scene, card: str) -> None:
    scene.card = card
    scene.said.append(card)
    scene.session.shown = {line.sku: line.unit_price for line in scene.priced(scene.draft).lines}


def _leave_out_what_cannot_be_answered(scene: Scene) -> None:
    """A question without alternatives that was put twice is given up, and said to be."""
    for question in list(scene.session.questions):
        if not question.options and question.puts >= _MOST_PUTS:
            settle(scene, question.id)
            scene.said.append(wording.left_out(question.said))
            scene.show = True


def _without_lines(scene: Scene) -> None:
    if scene.welcomes:
        scene.closing.append(wording.WELCOME_BACK)
    elif scene.outlet is None and not scene.session.questions and Intent.ACCOUNT not in scene.intents and scene.touched:
        scene.closing.append(_ask_for_outlet(scene))
    elif scene.draft.delivery_date is not None and scene.touched and not scene.order:
        scene.closing.append(wording.WELCOME_BACK)


def _after_change(scene: Scene) -> None:
    """Review when everything is there, else the draft and what is missing."""
    draft = scene.draft
    priced = scene.priced(draft)
    missing = (
        _ask_for_outlet(scene) if scene.outlet is None else wording.ASK_DATE if draft.delivery_date is None else ""
    )
    if missing and scene.review:
        review = wording.review(priced, scene.outlet.name if scene.outlet else None)
        _show_card(scene, f"Your order so far:\n{review}")
    elif missing and Intent.CONFIRM not in scene.intents:
        _show_card(scene, wording.draft(priced, draft.amends))
    elif not missing:
        title = f"Order {draft.amends}:" if draft.amends else "Your order:"
        _show_card(scene, f"{title}\n{wording.review(priced, scene.outlet.name if scene.outlet else None)}")
        _ask_to_confirm(scene, priced)
    if missing:
        scene.closing.append(missing)
        _offer(scene, missing)


def _ask_for_outlet(scene: Scene) -> str:
    """Which of the sender's outlets, or for an unknown sender where outlets are not named, their invite code."""
    return wording.ASK_CODE if is_stranger(scene) else wording.ASK_OUTLET


def _ask_to_confirm(scene: Scene, priced: Order) -> None:
    """Offer to place the order, unless it is below the minimum of its zone."""
    least = scene.reference.calendar.rules_for(scene.outlet).minimum_order
    if priced.subtotal < least:
        scene.closing.append(wording.below_minimum(least - priced.subtotal, least, scene.rules.currency))
        return
    scene.session.expecting = CONFIRM
    scene.closing.append(wording.ASK_CONFIRM_CHANGE if scene.draft.amends else wording.ASK_CONFIRM)
    scene.choices = [confirm_choice()]


def _offer(scene: Scene, missing: str) -> None:
    """The next days, or the sender's outlets, as choices that a tap, a number or the words pick."""
    if missing == wording.ASK_DATE:
        offer_days(scene)
    else:
        _offer_titles(scene, [o.name for o in scene.reference.directory.outlets_of(scene.sender)])


def offer_days(scene: Scene) -> None:
    """The next days that can be had, as choices."""
    _offer_titles(scene, [wording.day(d) for d in scene.reference.calendar.next_days(scene.outlet, scene.now)])


def _offer_titles(scene: Scene, titles: list[str]) -> None:
    scene.session.offered = titles
    scene.choices = [Choice(title, title) for title in titles]


def _put_question(scene: Scene, question: Question) -> None:
    """One question at a time; the others wait and are mentioned."""
    if not scene.restating:
        scene.session.questions[0] = replace(question, puts=question.puts + 1)
    scene.closing.append(question.note)
    scene.choices = [
        Choice(f"{question.id}:{n}", o.title, o.description) for n, o in enumerate(question.options) if _shown(question)
    ]
    if len(scene.session.questions) > 1:
        scene.closing.append(wording.LATER_QUESTIONS)


def _shown(question: Question) -> bool:
    return question.kind is not QuestionKind.QUANTITY


def answer_of(scene: Scene) -> Answer:
    """What the turn says and leaves behind."""
    text = "\n\n".join(part for part in ("\n".join((*scene.opening, *scene.said)), " ".join(scene.closing)) if part)
    closes = scene.had_lines and not scene.draft.lines
    main = Reply(text, tuple(scene.choices), _card_in(text, scene), closes, reminds=scene.reminds)
    replies = [main] if text and not scene.silent else []
    intent = min(scene.intents, key=_WEIGHT.index) if scene.intents else Intent.UNCLEAR
    asked = (
        not scene.silent
        and scene.session.handoff is None
        and (any(q.blocking for q in scene.session.questions) or scene.refused)
    )
    found = [f for f in scene.findings.values() if f.text]
    if replies:
        replies += [Reply(name, document=order) for order, name in dict.fromkeys(scene.files)]
    return Answer(
        (*replies, *scene.reminders),
        intent,
        asked,
        _left_behind(scene),
        sources=tuple(dict.fromkeys(source for finding in found for source in finding.sources)),
        cache=_level_of(scene),
        usage=scene.usage,
    )


def _level_of(scene: Scene) -> str:
    """The cache level that answered; with several questions the costliest of them counts."""
    levels = {f.cache for f in scene.findings.values()}
    return next((level for level in _LEVELS if level in levels), "none")


def _card_in(text: str, scene: Scene) -> str:
    """The part of the text that shows the draft, with the sentence below it that asks what comes next."""
    if not scene.card:
        return ""
    start = text.rindex(scene.card)
    return text[start:] if scene.said[-1] == scene.card else scene.card


def _left_behind(scene: Scene) -> Order | None:
    draft = scene.draft
    if draft.lines:
        return scene.priced(draft)
    if scene.order is not None:
        return scene.order
    ordered = scene.session.ordered
    if (
        ordered is not None
        and ordered.delivery_date is not None
        and ordered.delivery_date >= scene.now.date()
        and not draft.id
    ):
        return replace(ordered, status=OrderStatus(ordered.status))
    return None
