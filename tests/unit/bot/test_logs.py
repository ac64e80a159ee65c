"""What a log shows of an error."""

import io
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.logs import configure_logs
from bot.settings import load_settings
from bot.storage.database import Database


@pytest.mark.parametrize("form", ["console", "json"])
async def test_a_failed_statement_shows_neither_words_nor_numbers(form: str, tmp_path: Path) -> None:
    output = io.StringIO()
    configure_logs(load_settings(_env_file=None, log_format=form), output)
    database = Database.open(f"sqlite:///{tmp_path / 'x.db'}")
    try:
        async with database.writing() as connection:
            await connection.execute(
                text("INSERT INTO nowhere VALUES (:number, :words)"), {"number": "+6591230001", "words": "2 boxes"}
            )
    except OperationalError:
        structlog.get_logger().exception("job_broke")
    finally:
        await database.close()
    assert "OperationalError" in output.getvalue()
    for hidden in ("91230001", "2 boxes"):
        assert hidden not in output.getvalue()


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_number_in_an_errors_own_words_is_masked(form: str) -> None:
    output = io.StringIO()
    configure_logs(load_settings(_env_file=None, log_format=form), output)
    try:
        raise LookupError("Key (key)=(whatsapp|+6591230001|) already exists")
    except LookupError:
        structlog.get_logger().exception("chat_failed")
    assert "already exists" in output.getvalue()
    assert "91230001" not in output.getvalue()
