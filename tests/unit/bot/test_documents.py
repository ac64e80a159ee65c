"""Addresses of documents: sealed, for a day, and of this desk's making only; and how what they stand for is fetched."""

import base64
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.documents import PATH, Addresses, DocumentAway, Documents, Named, NoDocument, open_addresses
from tests.sandbox.books import Books
from tests.sandbox.sample import StoppedClock, sample_settings

SECRET = SecretStr("correct horse battery staple")
PUBLIC = "https://desk.example.com/"


def addresses(clock: StoppedClock | None = None, secret: SecretStr | None = SECRET) -> Addresses:
    return Addresses(secret, PUBLIC, clock or StoppedClock("2026-11-23T09:30"))


def token(address: str) -> str:
    return address.rsplit("/", 1)[1]


def test_an_address_stands_for_an_invoice_and_shows_nothing_of_it() -> None:
    made = addresses().url("RS-10012", "INV-10012.pdf")
    assert made.startswith("https://desk.example.com/documents/")
    assert b"10012" not in base64.urlsafe_b64decode(token(made))
    assert addresses().read(token(made)) == Named("RS-10012", "INV-10012.pdf")
    assert addresses().path("RS-10012", "INV-10012.pdf").startswith(PATH)
    assert len(made) < 200, "it has to fit a template's variable"


def test_without_a_public_address_there_is_none() -> None:
    clock = StoppedClock("2026-11-23T09:30")
    assert Addresses(SECRET, None, clock).url("RS-1", "INV-1.pdf") == ""


def test_it_holds_for_a_day() -> None:
    clock = StoppedClock("2026-11-23T09:30")
    made = token(addresses(clock).url("RS-1", "INV-1.pdf"))
    clock.at += timedelta(days=1)
    assert addresses(clock).read(made).order == "RS-1"
    clock.at += timedelta(seconds=1)
    with pytest.raises(NoDocument) as gone:
        addresses(clock).read(made)
    assert gone.value.expired


@pytest.mark.parametrize("forged", ["", "x", "../../etc/passwd", "gAAAAA", "é" * 40, "A" * 5_000, "%00"])
def test_what_was_not_made_here_is_nothing(forged: str) -> None:
    with pytest.raises(NoDocument) as none:
        addresses().read(forged)
    assert not none.value.expired


def test_an_address_outlives_a_new_key_in_front_of_the_old_one() -> None:
    made = token(addresses(secret=SecretStr("old")).url("RS-1", "INV-1.pdf"))
    both = addresses(secret=SecretStr("new, old"))
    assert both.read(made).order == "RS-1"
    assert addresses(secret=SecretStr("new")).read(token(both.url("RS-2", "INV-2.pdf"))).order == "RS-2"
    with pytest.raises(NoDocument):
        addresses(secret=SecretStr("new")).read(made)


def test_a_changed_or_foreign_address_is_nothing() -> None:
    made = token(addresses().url("RS-1", "INV-1.pdf"))
    other = token(addresses(secret=SecretStr("another")).url("RS-1", "INV-1.pdf"))
    spoilt = made[:20] + ("A" if made[20] != "A" else "B") + made[21:]
    for forged in (other, spoilt, made[:-4]):
        with pytest.raises(NoDocument):
            addresses().read(forged)


def test_every_process_of_a_desk_reads_the_others_addresses(tmp_path: object) -> None:
    clock = StoppedClock("2026-11-23T09:30")
    for known in ({"secret_key": "s3cret"}, {"api_key": "key"}, {"telegram_bot_token": "123456789:AA"}):
        settings = sample_settings("sqlite:///x.db", tmp_path, **known)  # type: ignore[arg-type]
        made = token(open_addresses(settings, clock).path("RS-1", "INV-1.pdf"))
        assert open_addresses(settings, clock).read(made).order == "RS-1"
    own = open_addresses(sample_settings("sqlite:///x.db", tmp_path), clock)  # type: ignore[arg-type]
    assert own.read(token(own.path("RS-1", "INV-1.pdf"))).order == "RS-1"


async def test_a_file_comes_from_the_books_or_later() -> None:
    books = Books(files={"RS-1": b"%PDF-1"})
    documents = Documents(books, addresses())
    file = await documents.file("RS-1", "INV-1.pdf")
    assert (file.name, file.content) == ("INV-1.pdf", b"%PDF-1")
    assert "documents" not in repr(file)
    for order in ("RS-1", "RS-2"):
        books.away = order == "RS-1"
        with pytest.raises(DocumentAway):
            await documents.file(order, "INV.pdf")
