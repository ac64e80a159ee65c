"""What staff are told of the connection: "staff" jobs, one for each loss and one for each return."""

from core.ports import Job

_ABOUT = "xero"


def lost(generation: int, organisation: str, reason: str) -> Job:
    """The connection is gone. `generation` is that of the tokens that went with it."""
    payload = {"about": _ABOUT, "text": organisation, "reason": reason}
    return Job("staff", f"xero:lost:{generation}", "staff", payload)


def connected_again(generation: int, organisation: str) -> Job:
    """It is back."""
    return Job("staff", f"xero:connected:{generation}", "staff", {"about": _ABOUT, "text": organisation})
