"""`python -m tests.eval.unanswerable --data DIR`: squad2's answerable and unanswerable questions, without a model.

Prints, by threshold of support, how many answerable questions get a quote that holds the answer, how many are refused
or answered wrong, and how many unanswerable ones are answered all the same.
"""

import argparse
import asyncio
import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.knowing import words_of
from knowledge.answering import SETTLES
from knowledge.evidence import Judge
from knowledge.quoting import quotes
from knowledge.words import Vocabulary
from tests.eval.fitting import squad_library, untitled

Row = tuple[float, bool, bool]  # support, whether the quote holds the answer, whether there is one


async def ask(data: Path, most: int, seed: int) -> list[Row]:
    """Ask a sample of the questions."""
    words = words_of()
    lines = [json.loads(line) for line in (data / "squad2_questions.jsonl").open()]
    asked = random.Random(seed).sample([q for q in lines if q["answerable"] is not None], most)
    rows: list[Row] = []
    with TemporaryDirectory() as folder:
        library = await squad_library(Path(folder), data)
        judge = Judge(Vocabulary([p.text for p in await library.passages()], words.rarity), words.vector)
        for q in asked:
            found = judge.weigh(q["question"], untitled(await library.search(judge.spelt(q["question"]), 16)))
            text = quotes(found)[0].casefold() if found else ""
            right = bool(q["answerable"]) and any(a.casefold() in text for a in q["answers"])
            rows.append((found[0].score if found else 0.0, right, bool(q["answerable"])))
    return rows


def report(rows: list[Row]) -> None:
    """Print the table."""
    with_answer = [r for r in rows if r[2]]
    without = [r for r in rows if not r[2]]
    print(f"{len(with_answer)} answerable, {len(without)} unanswerable; the desk answers from {SETTLES}")
    print("support   right  refused  wrong   unanswerable answered")
    for least in (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        right = sum(r[1] and r[0] >= least for r in with_answer) / len(with_answer)
        refused = sum(r[0] < least for r in with_answer) / len(with_answer)
        wrong = sum(r[0] >= least for r in without) / len(without)
        print(f"{least:7.1f}   {right:5.1%}  {refused:6.1%}  {1 - right - refused:5.1%}   {wrong:6.1%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--most", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=9)
    arguments = parser.parse_args()
    report(asyncio.run(ask(arguments.data, arguments.most, arguments.seed)))
