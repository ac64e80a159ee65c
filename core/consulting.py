"""Questions for the documents are looked up before the flows act, through a port and with nothing to lose."""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.domain.commands import Ask, AskDelivery, AskProduct, CallPerson, Command, Complain, Unclear
from core.domain.sessions import Session
from core.flows.scene import Scene
from core.ports import Finding, Inquiry, Knowledge, Live, ModelTurn

_MOST = 4  # questions of one turn that are looked up
_LONGEST = 600  # characters of a question
# "and for sentosa", but not "and how do I pay".
_LEANS = re.compile(
    r"(?:and|but|then|so|also|what about|wat about|how about)\s+"
    r"(?!.*\b(?:how|what|when|where|who|which|why|is|are|do|does|can|must|may|will|got)\b)"
)


async def consult(
    knowledge: Knowledge | None,
    commands: Sequence[Command],
    scene: Scene,
    said: str = "",
    model: ModelTurn | None = None,
    live: Live | None = None,
) -> tuple[Command, ...]:
    """The commands, with what the documents do not settle replaced by what is to be done instead.

    `said` are all words of the turn: a single question is looked up with what was said around it.

    What was found is in the scene's `findings`. A question that is all there is to the turn may be watched (`live`).
    """
    asked = [c for c in commands if isinstance(c, Ask)][:_MOST]
    watched = live if len(commands) == 1 and not (scene.opening or scene.said) else None
    for command in asked:
        if knowledge is not None and command.text not in scene.findings:
            around = said if _alone(commands, said) else ""
            texts = _wordings(command, around, scene.session.last_question, whole_first=len(asked) == 1)
            finding = await _look_up(knowledge, command, texts, scene, model, watched)
            known = any(finding.text == other.text for other in scene.findings.values())
            scene.findings[command.text] = replace(finding, text="", sources=()) if known else finding
    _remember(scene.session, asked, scene)
    kept = _by_own_days(_without_noise(commands, said, scene), scene)
    done = [c for command in kept for c in _instead(command, scene)]
    return tuple(c for n, c in enumerate(done) if not isinstance(c, Ask) or c not in done[:n]) or tuple(asked[:1])


def _without_noise(commands: Sequence[Command], said: str, scene: Scene) -> tuple[Command, ...]:
    """Beside an answer nothing is said of words that were no product; beside a person nothing of what has no answer.

    What has a question mark of its own is no noise.
    """
    answered = said.count("?") <= 1 and any(finding.text for finding in scene.findings.values())
    person = any(isinstance(c, Complain | CallPerson) for c in commands)
    return tuple(
        c
        for c in commands
        if not (answered and _strange(c)) and not (person and isinstance(c, Ask) and not _text_of(c, scene))
    )


def _by_own_days(commands: Sequence[Command], scene: Scene) -> Sequence[Command]:
    """An outlet that has other delivery days than its zone is told its own, and not the zone's."""
    calendar, outlet = scene.reference.calendar, scene.outlet
    own = outlet is not None and set(calendar.days_of(outlet)) != set(calendar.rules_for(outlet).delivery_days)
    if not own or not any(isinstance(c, AskDelivery) for c in commands):
        return commands
    return [c for c in commands if not (isinstance(c, Ask) and c.beside)]


def _strange(command: Command) -> bool:
    """Whether a command can only end in "I can't find that"."""
    if isinstance(command, AskProduct):
        return not any(wanted.skus and not wanted.unexplained for wanted in command.wanted)
    return isinstance(command, Unclear) and not command.amount


def _text_of(command: Ask, scene: Scene) -> str:
    finding = scene.findings.get(command.text)
    return finding.text if finding is not None else ""


def _alone(commands: Sequence[Command], said: str) -> bool:
    """Whether a turn holds one question, in as many clauses as it may be, and nothing that is ordered."""
    return said.count("?") <= 1 and all(isinstance(c, Ask | Complain) for c in commands)


def _wordings(command: Ask, said: str, before: str, *, whole_first: bool) -> list[str]:
    """What to look up until something is found: with the words around it, alone, and following the last question.

    One of several questions is looked up alone first: with the others around it, it might get their answer. What says
    nothing without the last question is looked up with it first.
    """
    texts = [" ".join(said.split()), command.text] if len(said) <= _LONGEST else [command.text]
    texts = texts if whole_first else texts[::-1]
    if before and _follows(command.text):
        following = f"{before} {command.text}"
        texts = [following, *texts] if _LEANS.match(command.text.casefold()) else [*texts, following]
    return list({_folded(text): text[:_LONGEST] for text in reversed(texts) if text}.values())[::-1]


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


async def _look_up(
    knowledge: Knowledge, command: Ask, texts: Sequence[str], scene: Scene, model: ModelTurn | None, live: Live | None
) -> Finding:
    """What the documents say to the first wording that they settle."""
    inquiry = Inquiry("", reference=scene.reference, lightly=command.lightly)
    levels = []
    for text in texts:
        finding = await knowledge.answer(replace(inquiry, text=text), model, live)
        if finding.text:
            return finding
        levels.append(finding.cache)
    return Finding(cache="miss" if "miss" in levels else levels[0])


def _follows(text: str) -> bool:
    """ "and on weekends?", "what about Sentosa": a question that leans on the one before."""
    words = text.casefold().split()
    return len(words) <= 6 and (words[0] in {"and", "what", "how", "then", "so", "for", "but"} or len(words) <= 3)


def _remember(session: Session, asked: Sequence[Ask], scene: Scene) -> None:
    answered = [c.text for c in asked if c.text in scene.findings and scene.findings[c.text].text]
    if answered:
        session.last_question = answered[-1][:_LONGEST]
    elif not asked:
        session.last_question = ""


def _instead(command: Command, scene: Scene) -> tuple[Command, ...]:
    """A question itself where it is answered, else what is to be done instead."""
    if not isinstance(command, Ask):
        return (command,)
    if _text_of(command, scene):
        return (command,)
    return command.otherwise or (() if command.beside else (command,))
