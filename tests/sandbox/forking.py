"""`python -m tests.sandbox.forking`: serves the desk in a child that may be killed and forked again at once.

Settings come from the environment as for `resupply serve`, whose own function serves here. Prints its
address; each line on its input forks a server when the one before has ended ("start" waits for that), and
prints the process id. With --at the clock stands
still; with --die-on TEXT the process kills itself in the middle of a turn on that text; with --slow-on
TEXT such a turn takes --seconds longer; with --armed FILE it kills itself at the step that the file
names (tests.sandbox.dying). With --patient no message is given up for having been interrupted
often: the kills of a test are not the messages' fault.
"""

import argparse
import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from bot.app import Overrides, build_program, desk_rules, open_store
from bot.clock import SystemClock
from bot.english import english_words
from bot.logs import configure_logs
from bot.serving import address_of, listen, serve
from bot.settings import Settings, load_settings
from core.engine import Engine, TurnOutcome
from core.ports import Clock, OpenTurn
from core.understanding.indexes import Indexes
from tests.sandbox.dying import DyingStore
from tests.sandbox.sample import StoppedClock


class FaultyEngine:
    """The engine, with the faults that the options ask for."""

    def __init__(self, engine: Engine, options: argparse.Namespace) -> None:
        self._engine = engine
        self._options = options

    async def take_turn(self, turn: OpenTurn) -> TurnOutcome:
        texts = {waiting.inbound.text for waiting in turn.messages}
        if self._options.slow_on in texts:
            await asyncio.sleep(self._options.seconds)
        if self._options.die_on in texts and max(w.attempts for w in turn.messages) <= self._options.deaths:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._options.patient:
            turn = replace(turn, messages=tuple(replace(w, attempts=1) for w in turn.messages))
        return await self._engine.take_turn(turn)


def main() -> None:
    """Fork servers until the input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--at")
    parser.add_argument("--die-on")
    parser.add_argument("--deaths", type=int, default=1_000)
    parser.add_argument("--slow-on")
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--patient", action="store_true")
    parser.add_argument("--armed", type=Path)
    options = parser.parse_args()
    settings = load_settings(_env_file=None)
    configure_logs(settings)
    bound = listen(settings)
    bound.listen()
    build_program(settings)  # loads whatever is loaded late; nothing connects yet
    print(address_of(bound), flush=True)
    child = 0
    for line in sys.stdin:
        if child and os.waitpid(child, os.WNOHANG if line == "ensure\n" else 0) == (0, 0):
            print(child, flush=True)
            continue
        child = os.fork()
        if not child:
            os.close(0)
            serve(settings, bound, _overrides(settings, options))
            os._exit(0)
        print(child, flush=True)
    if child:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _overrides(settings: Settings, options: argparse.Namespace) -> Overrides:
    clock: Clock = StoppedClock(options.at) if options.at else SystemClock(settings.zone)
    if options.armed:
        dying = open_store(settings, DyingStore)
        assert isinstance(dying, DyingStore)
        dying.armed = options.armed
        return Overrides(store=dying, clock=clock)
    if not (options.die_on or options.slow_on or options.patient):
        return Overrides(clock=clock)
    store = open_store(settings)
    engine = Engine(store, clock, desk_rules(settings), Indexes(english_words()))
    return Overrides(store=store, engine=FaultyEngine(engine, options), clock=clock)


if __name__ == "__main__":
    main()
