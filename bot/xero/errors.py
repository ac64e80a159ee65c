"""How a call to Xero ends when it does not end well. Each class says what is known of what it did."""

from core.errors import DeliveryFailed, DeskError, NotNow


class XeroFailed(DeliveryFailed):
    """No answer, half of one, or a 5xx: whether what was to be written is written has to be looked up."""

    code = "xero_failed"


class XeroOffline(NotNow, XeroFailed):
    """A 503: Xero is not to be had for now. What was to be written has to be looked up all the same."""

    code = "xero_offline"


class XeroUnreached(NotNow):
    """No connection was made, so surely nothing was done."""

    code = "xero_unreached"


class Overtaken(DeliveryFailed):
    """Another process is at this invoice, or has been meanwhile: what we know of it is old. Nothing was noted."""

    code = "xero_overtaken"


class StillLanding(NotNow):
    """A call whose end nobody saw may still come through; something else is written once it no longer can."""

    code = "xero_landing"


class XeroLimited(NotNow):
    """A limit of calls is reached, by our own count or by Xero's: nothing was done. `problem` names the limit."""

    code = "xero_limited"

    def __init__(self, problem: str, retry_after: float) -> None:
        super().__init__(f"Xero's limit of calls ({problem}) is reached", retry_after)
        self.problem = problem


class ScopeMissing(NotNow):
    """The connection has not the scope that a call needs: nothing was done, and a new connection is waited for."""

    code = "xero_scope_missing"


class XeroRefused(DeskError):
    """Xero says no, and will again: nothing was done. `messages` are its words, shortened."""

    code = "xero_refused"

    def __init__(self, *messages: str, status: int = 400) -> None:
        super().__init__("Xero: " + (" ".join(messages) or "refused without a word"))
        self.messages = messages
        self.status = status

    @property
    def taken(self) -> bool:
        """Whether the number, of an invoice or a credit note, stands in the books already."""
        return any("must be unique" in message and "#" in message for message in self.messages)

    @property
    def of_contact(self) -> bool:
        """Whether it is about the contact: archived, merged, or a name or number that is taken."""
        return any("contact" in message.casefold() for message in self.messages)


class InvoiceDiffers(DeskError):
    """What is in Xero is not what the order says, and not ours to change: a person has to look."""

    code = "invoice_differs"
