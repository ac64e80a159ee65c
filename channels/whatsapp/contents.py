"""The reusable content behind pickers: made at the first use of a shape, remembered for all processes."""

import asyncio
from weakref import WeakValueDictionary

import structlog

from channels.contract import SentLog
from channels.whatsapp.client import Twilio
from channels.whatsapp.pickers import Picker
from channels.whatsapp.problems import CallProblem, Refused, Remedy, remedy

log = structlog.get_logger(__name__)


class Contents:
    """ContentSids by shape. Two processes may make one at the same moment; then the last is used, both are valid."""

    def __init__(self, twilio: Twilio, sent_log: SentLog) -> None:
        self._twilio = twilio
        self._log = sent_log
        self._unfit: set[str] = set()
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def sid_for(self, picker: Picker) -> str | None:
        """The content to send a picker with; None while it cannot be had, for a numbered list does as well."""
        if picker.name in self._unfit:
            return None
        lock = self._making.setdefault(picker.name, asyncio.Lock())
        async with lock:
            return await self._log.content(picker.name) or await self._made(picker)

    async def forget(self, picker: Picker, *, unfit: bool = False) -> None:
        """Twilio does not know the content any more: the next is made anew. An unfit shape is not tried again."""
        await self._log.keep_content(picker.name, None)
        if unfit:
            self._unfit.add(picker.name)

    async def _made(self, picker: Picker) -> str | None:
        try:
            sid = await self._twilio.make_content(picker.content())
        except CallProblem as problem:
            if isinstance(problem, Refused) and remedy(problem.code) is Remedy.PERSON:
                self._unfit.add(picker.name)
            log.warning("whatsapp_content_not_made", shape=picker.name, reason=str(problem))
            return None
        await self._log.keep_content(picker.name, sid)
        return sid
