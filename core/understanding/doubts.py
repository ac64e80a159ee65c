"""What the order reader could not settle and no plain question settles better, so that a model may look at it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.domain.commands import Add, Change, Command, Remove, Replace, Unclear, Wanted
from core.understanding.index import CatalogueIndex
from core.understanding.lexicon import COLOURS, SIZES
from core.understanding.spelling import stem
from core.understanding.spoken import Spoken
from core.understanding.tokens import Kind

MOST_DOUBTS = 6
MOST_CANDIDATES = 12
_READER_SAW = 8
_FEWEST_WORDS = 3
_WORDS_AROUND = 4


@dataclass(frozen=True, slots=True)
class Doubt:
    """A command that is in doubt. `at` is its place among the commands, `span` that of its words in the message.

    `wanted` is its product phrase, None for words that could not be read at all.
    """

    at: int
    span: tuple[int, int]
    wanted: Wanted | None = None


def doubtful(commands: Sequence[Command], *, drafting: bool) -> dict[int, str]:
    """The places of commands in doubt, with the words that are: those that a model could do something about."""
    said = ((at, _said(command, drafting=drafting, alone=len(commands) == 1)) for at, command in enumerate(commands))
    return {at: words for at, words in said if words}


def doubts_of(commands: Sequence[Command], words: Mapping[int, str], spoken: Spoken) -> tuple[Doubt, ...]:
    """The doubts whose words stand in a turn's messages; those of a file's rows do not."""
    found = ((at, spoken.window(said)) for at, said in words.items())
    doubts = [Doubt(at, span, in_doubt(commands[at])) for at, span in found if span is not None]
    return tuple(doubts[:MOST_DOUBTS])


def _said(command: Command, *, drafting: bool, alone: bool) -> str:
    if isinstance(command, Unclear):
        telling = command.matters or (alone and len(command.text.split()) >= _FEWEST_WORDS)
        return command.text if telling and not command.amount else ""
    wanted = in_doubt(command)
    if wanted is None or wanted.discontinued or (isinstance(command, Remove) and not drafting):
        return ""
    if wanted.skus and (not wanted.unexplained or all(map(_only_a_kind, wanted.unexplained))):
        return ""
    return wanted.said


def in_doubt(command: Command) -> Wanted | None:
    """The product phrase of a command that may be in doubt."""
    if isinstance(command, Add | Change | Remove):
        return command.wanted
    return command.new if isinstance(command, Replace) else None


def instead(command: Command, wanted: Wanted) -> Command:
    """The command with another reading of its product phrase."""
    if isinstance(command, Replace):
        return replace(command, new=wanted)
    return replace(command, wanted=wanted) if isinstance(command, Add) else Add(wanted)


def _only_a_kind(word: str) -> bool:
    """A size, a colour or a measure that the product does not come in: the real ones are the question."""
    return word in COLOURS or word in SIZES or word[:1].isdigit() or len(word) == 1


def candidates(
    doubts: Sequence[Doubt], spoken: Spoken, index: CatalogueIndex, on_order: Sequence[str]
) -> tuple[str, ...]:
    """SKUs that the doubtful words may mean: lines on order, then for each doubt in turn what comes nearest."""
    ranked = [list(_nearest(doubt, spoken, index)) for doubt in doubts]
    found: dict[str, None] = {}
    for rank in range(max(map(len, ranked), default=0)):
        found.update(dict.fromkeys(skus[rank] for skus in ranked if rank < len(skus)))
    active = [sku for sku in found if index.catalogue.products[sku].active]
    return tuple(dict.fromkeys((*on_order[:MOST_CANDIDATES], *active[:MOST_CANDIDATES])))


def _nearest(doubt: Doubt, spoken: Spoken, index: CatalogueIndex) -> Iterator[str]:
    if doubt.wanted is not None:
        yield from (*doubt.wanted.skus, *doubt.wanted.near)[:_READER_SAW]
    around = (max(0, doubt.span[0] - _WORDS_AROUND), min(len(spoken.words), doubt.span[1] + _WORDS_AROUND))
    tokens = [spoken.words[n] for n in sorted(spoken.telling(around))]
    words = dict.fromkeys(t.measure or stem(t.text) for t in tokens if t.kind in (Kind.WORD, Kind.MEASURE))
    yield from index.resembling(words, MOST_CANDIDATES)
