"""What the benchmark prints of questions, cost and cache."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich.table import Table

from bot.bench.asking import Asked
from bot.bench.cache_stream import HITS, LEVELS, Outcome
from bot.bench.cost import EXAMPLE_PRICE, TURNS_SHOWN, Costs
from bot.bench.levels import QuestionTimes
from bot.bench.messages import ODD_EVERY
from bot.bench.model_server import Pace
from bot.bench.question_run import QuestionFigures
from bot.bench.report import percentile
from bot.llm.prices import Spent

_NAMES = {
    "l1": "L1, this process",
    "l2": "L2, Redis",
    "l3": "L3, other words",
    "l4": "L4, evidence known",
    "miss": "no cache, quoted",
}
_WRITTEN = "no cache, written"
_NOT_MEASURED = "not measured"
_HOW_COUNTED = (
    f"Four characters a token; USD {EXAMPLE_PRICE.input} and {EXAMPLE_PRICE.output} a million tokens in and out, an "
    f"example. Every message: with the catalogue, the last {TURNS_SHOWN} turns and a reply as long as ours. Again: "
    f"with what all prompts begin with at USD {EXAMPLE_PRICE.cached_input}."
)
_LEVELS = [level if level == "miss" else level.upper() for level in LEVELS]


def question_tables(figures: QuestionFigures) -> list[Table]:
    """All of them."""
    return [
        levels_table(figures.times, figures.sizes.pace),
        streaming_table(figures.times, figures.sizes.pace),
        reach_table(figures.costs),
        cost_table(figures.costs),
        cache_table(figures.streams, figures.sizes.pace),
    ]


def levels_table(times: QuestionTimes, pace: Pace) -> Table:
    """Whole answers by what answered; the ratio compares with an answer that is quoted anew."""
    table = Table(
        "Answered from", "Answers", "Median ms", "Ratio", "p95 ms",
        title="Questions at the API, one at a time", caption=_assumed(pace),
    )  # fmt: skip
    base = percentile(times.levels["miss"], 50) if times.levels["miss"] else 0
    rows = {name: times.levels[level] for level, name in _NAMES.items()}
    rows[_WRITTEN] = [answer.last for answer in times.whole]
    for name, milliseconds in rows.items():
        if not milliseconds:
            table.add_row(name, "0", _NOT_MEASURED, "", "")
            continue
        median = percentile(milliseconds, 50)
        ratio = f"{median / base:.2f}" if base else ""
        table.add_row(name, str(len(milliseconds)), f"{median:.1f}", ratio, f"{percentile(milliseconds, 95):.1f}")
    return table


def streaming_table(times: QuestionTimes, pace: Pace) -> Table:
    """The same questions whole and streamed; the ratio compares the first words with those of whole answers."""
    table = Table(
        "Answer", "Answers", "First words ms", "Ratio", "p95 ms", "Last words ms", "p95 ms",
        title="Answers that the model writes, at the API", caption=_assumed(pace),
    )  # fmt: skip
    base = _median([answer.first for answer in times.whole])
    for name, answers in (("whole", times.whole), ("streamed", times.streamed)):
        table.add_row(name, str(len(answers)), *_first_and_last(answers, base))
    return table


def _first_and_last(answers: Sequence[Asked], base: float) -> list[str]:
    first, last = [answer.first for answer in answers], [answer.last for answer in answers]
    if not answers:
        return [_NOT_MEASURED]
    return [
        f"{_median(first):.0f}", f"{_median(first) / base:.2f}", f"{percentile(first, 95):.0f}",
        f"{_median(last):.0f}", f"{percentile(last, 95):.0f}",
    ]  # fmt: skip


def reach_table(costs: Costs) -> Table:
    """Which messages reach the model."""
    table = Table("Messages", "Number", "To read", "To write", title="Messages that reach the model")
    table.caption = (
        f"To read: what the order reader doubts; one order in {ODD_EVERY} asks for what the catalogue does not name. "
        "To write: an answer that is not in the cache, which is empty at first."
    )
    ordering = costs.ordering
    others = [message for message in costs.sent if not message.ordering]
    for name, sent in (("ordering turns", ordering), ("other turns", others), ("all", costs.sent)):
        reached = (sum(task in message.tasks for message in sent) for task in ("read", "write"))
        table.add_row(name, str(len(sent)), *(f"{count / max(len(sent), 1):.1%}" for count in reached))
    return table


def cost_table(costs: Costs) -> Table:
    """Tokens and money for 1,000 messages, against a model that gets every message with the catalogue."""
    table = Table(
        "1,000 messages", "Requests", "Tokens in", "Tokens out", "USD", "Less",
        title="What the model costs",
        caption=_HOW_COUNTED,
    )  # fmt: skip
    ours, naive = costs.ours, costs.naive
    plain = Spent(naive.input_tokens, naive.output_tokens)
    requests = sum(len(message.tasks) for message in costs.sent)
    money = EXAMPLE_PRICE.cost(ours)
    table.add_row("this desk", *_counted(costs, requests, ours), "")
    for name, spent in (("every message", plain), ("again, prompt cached", naive)):
        less = 1 - money / (EXAMPLE_PRICE.cost(spent) or Decimal(1))
        table.add_row(name, *_counted(costs, len(costs.sent), spent), f"{less:.1%}")
    return table


def _counted(costs: Costs, requests: int, spent: Spent) -> list[str]:
    counts = (requests, spent.input_tokens, spent.output_tokens)
    money = costs.per_thousand(float(EXAMPLE_PRICE.cost(spent)))
    return [*(f"{costs.per_thousand(count):,.0f}" for count in counts), f"{money:.4f}"]


def cache_table(streams: Mapping[str, Outcome], pace: Pace) -> Table:
    """Hits by level on a stream of questions, what is false among them, and what they save."""
    table = Table(
        "Answers", "Asked", *_LEVELS, "Hits", "Differ", "False", "Time saved", "Cost saved",
        title="The cache on a stream of questions, two replicas", padding=(0, 0),
        caption="Differ: hits with another text than without the cache. False: with the answer of another question. "
        f"{_assumed(pace)}",
    )  # fmt: skip
    for name, outcome in streams.items():
        table.add_row(
            name, str(outcome.asked),
            *(f"{outcome.share(level):.0%}" for level in LEVELS),
            f"{outcome.share(*HITS):.1%}",
            str(len(outcome.differing)), str(sum(one.stray for one in outcome.differing)),
            _saved(*outcome.seconds(pace)),
            _saved(*map(float, outcome.cost(EXAMPLE_PRICE))),
        )  # fmt: skip
    return table


def _saved(spent: float, without: float) -> str:
    return f"{1 - spent / without:.0%}" if without else "-"


def _median(milliseconds: Sequence[float]) -> float:
    return percentile(milliseconds, 50)


def _assumed(pace: Pace) -> str:
    return f"Model: {pace.first:.0f} ms and {pace.token:.0f} ms a token, assumed, not measured of any provider."
