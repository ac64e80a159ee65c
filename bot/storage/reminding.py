"""What outlets want to be reminded of, and what they were."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select

from bot.storage.part import Part
from bot.storage.tables import reminder_choices

EVERY_KIND = ""


class Reminding(Part):
    """Rows of `reminder_choices` and `reminders`."""

    async def reminder_choices(self, outlet: str) -> Mapping[str, bool]:
        """What an outlet said it wants: by kind (`ReminderKind`), `""` for all others. Empty: the supplier's usual."""
        asked = select(reminder_choices.c.kind, reminder_choices.c.wanted).where(reminder_choices.c.outlet == outlet)
        async with self.database.reading() as connection:
            return {row.kind: bool(row.wanted) for row in await connection.execute(asked)}

    async def choose_reminders(self, outlet: str, kind: str, wanted: bool, by: str, at: datetime) -> None:
        """Remember that an outlet wants a kind, or not; `""` is all of them and replaces what was said of each.

        `by` says who said so: a chat's sender, or "staff". The last word counts.
        """
        said = {"wanted": wanted, "by": by, "updated_at": at}
        insert = self.database.upsert(reminder_choices).values(outlet=outlet, kind=kind, **said)
        async with self.database.writing() as connection:
            if kind == EVERY_KIND:
                await connection.execute(delete(reminder_choices).where(reminder_choices.c.outlet == outlet))
            await connection.execute(insert.on_conflict_do_update(index_elements=["outlet", "kind"], set_=said))
