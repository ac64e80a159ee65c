"""A strict stand-in for Xero that the real SDK talks to, written from Xero's documentation and contracts.

    async with XeroServer() as xero:                  # or start()/stop(); clock=... for a clock of the test's
        settings: XERO_API_URL=xero.api_url, XERO_TOKEN_URL=xero.token_url, XERO_AUTHORIZE_URL=xero.authorize_url,
                  XERO_CLIENT_ID=CLIENT_ID, XERO_CLIENT_SECRET=CLIENT_SECRET, webhook key WEBHOOK_KEY
    XeroServer(clock, old_app=True, limits=Limits(per_minute=60, concurrent=5, per_day=5000, app_minute=10000))

Connecting
    GET authorize_url as a user who consents -> 302 with code and state; xero.denies = True says no;
        xero.consents = [organisations ticked]; xero.redirect_uris = {...} for those registered (any, otherwise)
    xero.connect(scope=DEFAULT_SCOPE, organisations=None) -> the token endpoint's answer, without the browser
    expire_access()  access tokens are over (401)      revoke()  the user disconnected (403; refresh: invalid_grant)
    disconnect(organisation)                           connections {id: Connection}
    credentials_in_body = True  lets the SDK's own refresh through, which sends no HTTP Basic
Tokens: code 5 minutes and once, access 30 minutes, refresh 60 days and once, with 30 minutes of grace for the used one.

Reading what the desk did
    xero.invoices, contacts, credit_notes, payments   the books, in order, see records.py: Invoice(number, status,
        contact, lines, total, total_tax, sub_total, paid, allocated, due_amount, sent, fully_paid_on, from_api, ...)
    xero.invoice("SO-1")                 by number or id, LookupError otherwise
    xero.requests                        Request(route, method, path, query, headers, body, at, status, refused, wrong,
                                         idempotency_key, tenant_id); status 0: reset, or not answered yet
    xero.count("invoices")               how many came to a route, see ROUTES in faults.py: authorize, token,
        revocation, connections, connection (DELETE), organisation, taxrates, accounts, items, currencies, contact_list,
        contacts (PUT/POST), contact, invoice_list, invoices (PUT/POST), invoice (GET/POST), invoice_pdf, invoice_email,
        credit_note_list, credit_notes, credit_note, credit_note_pdf, allocations, payments, payment
    xero.refusals                        requests that the client should never have sent; tests should assert that it
                                         is empty. Not in it, but in xero.conflicts: a number or name that is taken,
                                         documents paid or voided in the meantime, tokens that ran out, limits
    xero.limited                         requests that the limits refused
    xero.limits.peak_concurrency, .peak_minute        the most at once, and within a minute, of any tenant
    xero.contacts_by_name                how often an invoice named its contact by name only (Xero guesses or makes one)
    xero.overwritten                     numbers of the documents whose lines a POST has replaced
    xero.idempotency.replayed            how many answers were given again for an Idempotency-Key
    xero.emailed                         numbers of the invoices that Xero mailed
    xero.contract_errors                 where a request or an answer is not in the contract (when that is at hand)

What a bookkeeper does
    add_organisation(name, currency="SGD", connected=False) -> Organisation(tenant_id, currencies, tax_rates, accounts)
        xero.organisation is the first one, xero.organisations all
    add_contact(name, number=None, organisation=None, **fields), archive_contact(contact)
    add_invoice(contact, number, lines=..., status="AUTHORISED", on=, due=, reference=)
    pay(number, amount=None), unpay(payment), void(number), edit(number, lines=None, **attributes), mark_sent(number),
    credit(number, amount, note_number)

Faults, by route or "*"
    faults.next(route, reset_after=True, times=1)   queued; fields of Fault: status, limit and retry_after (of a 429),
        message, reset_before, reset_after, hold_before, hold_after, slow_before, slow (answer late), garbage
    faults.next(route, "429") and "429_day", "429_concurrent", "500", "503", "reset_before", "reset_after", "garbage"
    faults.always(route, share=0.3, seed=7, kinds=["429", "500", "503", "reset_before", "reset_after", "garbage"])
    faults.clear(route=None);  faults.happened;  await faults.held();  await faults.release()

Webhooks
    xero.event("INVOICE", invoice, "UPDATE") -> dict;  sign(key, body) -> x-xero-signature
    await xero.webhook(url, events, key=WEBHOOK_KEY, signature=None, retries=0) -> Delivery(status, text, cookies,
        seconds, attempts, ok); the same events again, or in another order, are another call
    await xero.intent_to_receive(url) -> {"right": Delivery, "wrong": Delivery}: has to be 200 and 401
    xero.connect_webhooks(*urls, key=, categories=("INVOICE", "CONTACT"), times=1, own_changes=False, held=False)
        events leave by themselves when the books change (`await xero.settle()` waits), `times` times each;
        own_changes: for what the app itself did too, as the real one; held: `await xero.send_held(shuffled=seed)`

As the real one: PUT creates and POST overwrites; each element of a batch stands alone, and what is right is saved even
where the answer is a 400; a failed element's id is nobody's; lists without `page` have no lines; UnitAmount has two
decimals unless unitdp=4; dates are /Date(...)/, and a moment that a client writes counts as its day in UTC.
Stricter than the real one, to catch our errors: unknown fields and parameters, numbers as strings, more than 50
elements, a TaxAmount more than a cent from Xero's own (the real one takes any), totals other than its own, a due
date before the date, a LineItemID of no line, client credentials in the body, an Accept without JSON (it has XML then).
Of our own making, for want of a document: the texts of some refusals; that an answer to an Idempotency-Key is kept when
it is a 400; that deleted numbers are free and voided ones are not; that the grace period starts at the first use.
Not there: bills, prepayments, overpayments, discounts by amount in the answers, tracking, history, attachments;
of items the codes only (xero.organisation.items, a set): a line with another ItemCode is refused.

By hand: python -m tests.sandbox.xero_server --port 8100
"""

import argparse
import asyncio
from contextlib import suppress

from tests.sandbox.xero.faults import Fault, Faults
from tests.sandbox.xero.limits import Limits
from tests.sandbox.xero.organisations import Account, Organisation, TaxRate
from tests.sandbox.xero.records import Contact, CreditNote, Invoice, Line, Payment
from tests.sandbox.xero.server import XeroServer
from tests.sandbox.xero.state import CLIENT_ID, CLIENT_SECRET, Delivery, Request
from tests.sandbox.xero.tokens import DEFAULT_SCOPE
from tests.sandbox.xero.webhooks import WEBHOOK_KEY, sign

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "DEFAULT_SCOPE",
    "WEBHOOK_KEY",
    "Account",
    "Contact",
    "CreditNote",
    "Delivery",
    "Fault",
    "Faults",
    "Invoice",
    "Limits",
    "Line",
    "Organisation",
    "Payment",
    "Request",
    "TaxRate",
    "XeroServer",
    "sign",
]


async def _serve(port: int) -> None:
    server = await XeroServer().start(port)
    print(server.url, flush=True)
    print(f"XERO_CLIENT_ID={CLIENT_ID} XERO_CLIENT_SECRET={CLIENT_SECRET} XERO_API_URL={server.api_url}", flush=True)
    print(f"XERO_TOKEN_URL={server.token_url} XERO_AUTHORIZE_URL={server.authorize_url}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Xero on this machine, to try the desk against")
    parser.add_argument("--port", type=int, default=0)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args().port))
