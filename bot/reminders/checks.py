"""What `resupply doctor` says of reminders: which are sent, to whom they cannot be, and times that fit no outlet."""

from collections.abc import Collection

from bot.findings import Finding
from bot.settings import Settings
from core.domain.reminders import ReminderKind

_NAME = "reminders"
_NO_TEMPLATE = "on WhatsApp only to who wrote within a day, as RESUPPLY_WHATSAPP_TEMPLATE_SID is not set"


def reminder_settings(settings: Settings) -> Finding:
    """Which kinds are sent and when nobody is written to; nothing is asked of anybody."""
    kinds = [kind.value for kind in ReminderKind if kind in settings.reminder_rules.kinds]
    if not kinds:
        return Finding(_NAME, True, "off (RESUPPLY_REMINDERS names no kind)")
    whatsapp = settings.twilio_account_sid is not None
    if not (whatsapp or settings.telegram_bot_token is not None or settings.demo):
        return Finding(_NAME, True, "off (no messenger is configured)")
    state = f"{', '.join(kinds)}; none {settings.quiet_hours}"
    if whatsapp and settings.whatsapp_template_sid is None:
        state += f"; {_NO_TEMPLATE}"
    return Finding(_NAME, True, state)


def reminder_zones(settings: Settings, zones: Collection[str]) -> Finding | None:
    """The delivery zones whose times no outlet would ever have; None where there are none of those."""
    unknown = sorted(set(settings.reminder_rules.times.zones) - set(zones))
    if not unknown:
        return None
    advice = "write the zone as in the outlets' file, or take it out"
    return Finding("reminder times", False, f"RESUPPLY_REMINDER_TIMES: no outlet in {', '.join(unknown)}", advice)
