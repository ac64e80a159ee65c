"""`python -m tests.eval.model_share`: how many ordering turns would reach a model, and how much it would be sent.

The model that is asked here is away, so that every turn goes on as without one.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.eval.cases import Conversation, load, sets
from tests.eval.playing import play_all
from tests.sandbox.scripted_model import ScriptedModel

# What a turn is about when it makes, changes or places an order.
ORDERING = frozenset({"order", "amend", "confirm", "cancel", "reorder"})
_CHARACTERS_PER_TOKEN = 4


@dataclass
class Share:
    """How many turns there were, how many of them ordered, and which of those reached the model."""

    turns: int = 0
    ordering: int = 0
    reached: list[str] = field(default_factory=list)
    characters: list[int] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Reached turns of all ordering turns."""
        return len(self.reached) / max(self.ordering, 1)


def measure(cases: Sequence[Conversation]) -> dict[str, Share]:
    """The share by set. A turn that reaches the model counts as an ordering turn, whatever comes of it."""
    shares: dict[str, Share] = defaultdict(Share)
    model = ScriptedModel()
    for case, played in zip(cases, play_all(cases, model), strict=True):
        for step in (step for step in played if step.messages and step.body):
            share = shares[case.set_name]
            calls = bool(step.body["usage"]["model_calls"])
            share.turns += 1
            share.ordering += calls or step.body["intent"] in ORDERING
            share.reached += [f"{case.id}: {step.turn.shown}"] if calls else []
    sent = [len(prompt.system) + len(prompt.user) + len(json.dumps(prompt.schema)) for prompt in model.prompts]
    shares["all"] = Share(
        sum(share.turns for share in shares.values()),
        sum(share.ordering for share in shares.values()),
        [shown for share in shares.values() for shown in share.reached],
        sent,
    )
    return shares


def main() -> None:
    """Print the share of each set; with --show also the turns."""
    parser = argparse.ArgumentParser(prog="python -m tests.eval.model_share", description=__doc__)
    parser.add_argument("--show", action="store_true", help="print the turns that would reach the model")
    options = parser.parse_args()
    shares = measure([case for name in sets() for case in load(name)])
    print(f"{'set':<12}{'turns':>8}{'ordering':>10}{'reached':>9}{'share':>8}")
    for name, share in shares.items():
        print(f"{name:<12}{share.turns:>8}{share.ordering:>10}{len(share.reached):>9}{share.share:>8.1%}")
    for shown in shares["all"].reached if options.show else ():
        print(f"    {shown}")
    sent = shares["all"].characters
    tokens = sum(sent) / max(len(sent), 1) / _CHARACTERS_PER_TOKEN
    print(f"\na request: about {tokens:.0f} tokens, system text, schema and data together")


if __name__ == "__main__":
    main()
