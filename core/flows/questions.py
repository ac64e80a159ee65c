"""What the documents say to a customer's question."""

from core import wording
from core.domain.commands import Ask, AskDelivery
from core.domain.messages import Intent
from core.flows.scene import Scene


def ask(scene: Scene, command: Ask) -> None:
    """Say what was found, with its document and section; or that there is no answer here, and offer a person."""
    scene.about(Intent.DELIVERY if any(isinstance(c, AskDelivery) for c in command.otherwise) else Intent.QUESTION)
    finding = scene.findings.get(command.text)
    if finding is not None and finding.text:
        answer = wording.answered(finding.text, finding.sources)
        if answer not in scene.said:
            scene.said.append(answer)
    elif not command.beside and wording.NO_ANSWER not in scene.said:
        scene.said.append(wording.NO_ANSWER)
        scene.offers_person = True
