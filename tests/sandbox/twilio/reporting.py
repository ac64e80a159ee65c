"""Twilio's side that calls the desk: incoming messages and status callbacks."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from tests.sandbox.twilio import forms, webhooks
from tests.sandbox.twilio.messages import SID, STATUSES, Fetched, Message
from tests.sandbox.twilio.state import State
from tests.sandbox.twilio.webhooks import Delivery, Form


class Reporting(State):
    """Posts webhooks, and keeps how each went in `deliveries`."""

    def connect(self, *app_urls: str, public_url: str | None = None) -> None:
        """Where the desk listens (one base URL a process, in turn) and the public base URL it is known by.

        From then on failures and `auto_statuses` are reported by themselves; before, they wait in `due_reports`.
        """
        self._targets = [(url.rstrip("/"), (public_url or url).rstrip("/")) for url in app_urls]

    async def deliver(
        self,
        url: str,
        public_url: str | None,
        form: Form,
        *,
        signature: str | None = None,
        retries: int = 0,
        gives_up_after: float = webhooks.GIVES_UP_AFTER,
    ) -> Delivery:
        """Post one signed webhook to `url`, signed for `public_url` (None: the same)."""
        self._know(form)
        delivery = await webhooks.post(
            self._session,
            self.auth_token,
            url,
            form,
            public_url=public_url,
            signature=signature,
            retries=retries,
            gives_up_after=gives_up_after,
        )
        self.deliveries.append(delivery)
        return delivery

    async def send(self, form: Form, path: str = "/webhooks/whatsapp", **options: Any) -> Delivery:
        """Post one webhook to the desk that `connect` named."""
        base, public = self._target()
        return await self.deliver(base + path, public + path, form, **options)

    async def send_all(
        self,
        every: Sequence[Form],
        path: str = "/webhooks/whatsapp",
        *,
        concurrency: int = 20,
        retries: int = 0,
    ) -> list[Delivery]:
        """Post many, so many at a time, to all connected processes in turn. See `webhooks.storm`."""
        for form in every:
            self._know(form)
        targets = [(base + path, public + path) for base, public in self._targets]
        done = await webhooks.post_all(
            self._session, self.auth_token, targets, every, concurrency=concurrency, retries=retries
        )
        self.deliveries.extend(done)
        return done

    async def report(self, sid: str, status: str, error_code: int | None = None, **fields: str) -> Delivery | None:
        """Post the status callback of a message to its StatusCallback; None where it has none."""
        return await self._post_report(self._reported(sid, status, error_code, fields))

    async def report_due(self) -> list[Delivery]:
        """Post what waits in `due_reports`."""
        due, self.due_reports = self.due_reports, []
        done = [await self._post_report(form) for form in due]
        return [delivery for delivery in done if delivery]

    async def settle(self) -> None:
        """Wait until everything that is reported by itself has been posted."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def _reported(self, sid: str, status: str, error_code: int | None, fields: Mapping[str, str]) -> dict[str, str]:
        if status not in STATUSES:
            raise ValueError(status)
        message = self._outbound(sid)
        message.status, message.error_code = status, error_code
        return forms.status(sid, message.to, status, error_code, message.from_, **fields)

    async def _post_report(self, form: dict[str, str]) -> Delivery | None:
        public = self._outbound(form["MessageSid"]).status_callback
        if public is None:
            return None
        base, known_as = self._target() if self._targets else ("", "")
        url = base + public.removeprefix(known_as) if known_as and public.startswith(known_as) else public
        return await self.deliver(url, public, form)

    async def _fetch(self, url: str) -> Fetched:
        """Get a file from where the desk says it is: without a key, from its public address."""
        base, public = self._target()
        where = base + url.removeprefix(public) if url.startswith(public) else url
        async with self._session.get(where, allow_redirects=True) as answer:
            disposition = answer.content_disposition
            name = disposition.filename or "" if disposition is not None else ""
            return Fetched(answer.status, answer.content_type, name, await answer.read())

    def _report_soon(self, sid: str, statuses: Sequence[tuple[str, int | None]], *, fetch: bool = False) -> None:
        if not self._targets:
            self.due_reports += [
                forms.status(sid, self._outbound(sid).to, status, code, self._outbound(sid).from_)
                for status, code in statuses
            ]
            return

        async def report() -> None:
            message = self._outbound(sid)
            if fetch:
                message.files = [await self._fetch(url) for url in message.media]
            # Twilio, "63019: Media failed to download": accepted, and then it fails.
            failed = any(not file.sendable for file in message.files)
            for status, code in [("failed", 63019)] if failed else statuses:
                await self.report(sid, status, code)

        task = asyncio.create_task(report())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _target(self) -> tuple[str, str]:
        if not self._targets:
            raise RuntimeError("connect(app_url, public_url=...) first")
        self._next_target += 1
        return self._targets[self._next_target % len(self._targets)]

    def _know(self, form: Form) -> None:
        """An incoming message is a Message resource too, and listed with the others."""
        sid = form.get("MessageSid", "")
        if "MessageStatus" in form or not SID.fullmatch(sid) or sid in self.inbound:
            return
        self.inbound[sid] = Message(
            sid,
            form.get("To", ""),
            form.get("From", ""),
            form.get("Body", ""),
            self.clock(),
            status="received",
            direction="inbound",
            account_sid=self.account_sid,
        )

    def _outbound(self, sid: str) -> Message:
        return next(message for message in self.messages if message.sid == sid)
