"""The supplier's staff in one Telegram group: what happens is announced there, and their replies reach customers."""

from bot.staff_room.room import StaffRoom

__all__ = ["StaffRoom"]
