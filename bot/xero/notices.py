"""What staff are told of the connection: "staff" jobs, one for each loss, each return and each day that is used up."""

from datetime import datetime

from core.ports import Job

_ABOUT = "xero"


def lost(generation: int, organisation: str, reason: str) -> Job:
    """The connection is gone. `generation` is that of the tokens that went with it."""
    payload = {"about": _ABOUT, "text": organisation, "reason": reason}
    return Job("staff", f"xero:lost:{generation}", "staff", payload)


def connected_again(generation: int, organisation: str) -> Job:
    """It is back."""
    return Job("staff", f"xero:connected:{generation}", "staff", {"about": _ABOUT, "text": organisation})


def day_limit_reached(at: datetime, organisation: str, until: str) -> Job:
    """No call is left of the day's; the first ones are again at `until`."""
    payload = {"about": f"{_ABOUT} limit", "text": organisation, "reason": until}
    return Job("staff", f"xero:day:{at.isoformat()}", "staff", payload)
