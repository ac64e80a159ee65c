"""`python -m tests.eval.answers`: asks the sample documents the question sets, and prints how that went."""

import argparse
import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from bot.demo import SAMPLE
from bot.knowing import static_embedder, words_of
from core.domain.messages import Source
from core.ports import Inquiry, Reference
from knowledge.answering import DocumentDesk
from knowledge.cache import AnswerCache
from knowledge.library import open_library
from tests.eval.loading import load_reference, supplier

QUESTIONS = Path(__file__).with_name("questions")
SETS = ("settled", "unsettled", "more_settled", "more_unsettled")
Asked = tuple[str, tuple[Source, ...]]
Ask = Callable[[str], Awaitable[Asked]]


@dataclass(frozen=True)
class Outcome:
    """How a question went: "right", "wrong" (an answer that is not it) or "declined"."""

    row: dict[str, Any]
    verdict: str
    text: str
    sources: tuple[Source, ...]
    milliseconds: float


def questions(name: str) -> list[dict[str, Any]]:
    """The rows of a question set."""
    return [json.loads(line) for line in (QUESTIONS / f"{name}.jsonl").read_text().splitlines() if line.strip()]


def verdict_of(row: dict[str, Any], text: str, sources: tuple[Source, ...]) -> str:
    """Whether an answer is the right one, from the right document."""
    if not text or not sources:
        return "declined"
    said = folded(text)
    right = all(any(folded(one) in said for one in group) for group in row["must"])
    right = right and not any(folded(one) in said for one in row.get("must_not", ()))
    return "right" if row["documents"] and right and any(s.document in row["documents"] for s in sources) else "wrong"


def folded(text: str) -> str:
    """A text as it is compared: small letters, single spaces."""
    return re.sub(r"\s+", " ", text.casefold().replace("’", "'"))


async def judge(name: str, ask: Ask) -> list[Outcome]:
    """Ask a whole set."""
    found = []
    for row in questions(name):
        started = perf_counter()
        text, sources = await ask(row["question"])
        taken = (perf_counter() - started) * 1000
        found.append(Outcome(row, verdict_of(row, text, sources), text, sources, taken))
    return found


async def open_desk(folder: Path, documents: Path = SAMPLE / "documents") -> tuple[DocumentDesk, Reference]:
    """The sample documents, freshly ingested below a folder, with nothing remembered."""
    library = await open_library(str(folder / "knowledge"), static_embedder())
    await library.ingest(documents)
    reference = load_reference(supplier("sample"))
    return DocumentDesk(library, AnswerCache(), words_of()), reference


async def main(arguments: argparse.Namespace) -> None:
    """Ask and print."""
    with TemporaryDirectory() as folder:
        desk, reference = await open_desk(Path(folder))

        async def ask(question: str) -> Asked:
            finding = await desk.answer(Inquiry(question, reference=reference))
            return finding.text, finding.sources

        for name in arguments.sets or SETS:
            _report(name, await judge(name, ask), arguments.show)


def _report(name: str, outcomes: list[Outcome], show: str) -> None:
    counts = {v: sum(o.verdict == v for o in outcomes) for v in ("right", "wrong", "declined")}
    times = sorted(o.milliseconds for o in outcomes)
    print(f"{name:16} {len(outcomes):4}  {counts}  median {times[len(times) // 2]:.1f} ms")
    for outcome in outcomes:
        wanted = "declined" if not outcome.row["documents"] else "right"
        if show == "all" or (show == "faults" and outcome.verdict != wanted):
            print(f"  {outcome.verdict:8} {outcome.row['id']}: {outcome.row['question']}")
            if outcome.text:
                place = [(s.document, s.section, s.score) for s in outcome.sources]
                print(f"           {place} {outcome.text!r}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", choices=SETS)
    parser.add_argument("--show", choices=("none", "faults", "all"), default="faults")
    asyncio.run(main(parser.parse_args()))
