"""A supplier's files: what is read from them, and that every bad row is named at once."""

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.importing import (
    Findings,
    ImportKind,
    ImportProblems,
    contacts_of,
    import_file,
    read_catalogue,
    read_history,
    read_outlets,
    read_prices,
    read_zones,
)
from bot.importing.contacts import UnknownIdentity, read_identity
from bot.importing.readers import CATALOGUE_COLUMNS, OUTLET_COLUMNS, PRICE_COLUMNS, ZONE_COLUMNS
from core.domain.catalogue import Catalogue, Product
from core.domain.delivery import DeliveryCalendar, ZoneRules
from core.domain.outlets import Directory, Outlet
from core.ports import Reference

SAMPLE = Path(__file__).resolve().parents[3] / "bot" / "sample"
BOX = {
    "sku": "PB-12",
    "name": "Pizza Box 12in",
    "description": "White",
    "category": "Boxes",
    "unit": "bundle",
    "pieces_per_unit": "50",
    "price": "32.00",
    "currency": "SGD",
    "min_quantity": "1",
    "aliases": "12in box|large box",
    "active": "yes",
}
SHOP = {
    "code": "CPZ-PSR",
    "name": "Canadian Pizza Pasir Ris",
    "address": "442 Pasir Ris Drive 6 #01-28",
    "postal_code": "510442",
    "zone": "East",
    "contacts": "+6591230001",
    "delivery_days": "Mon|Wed|Fri",
    "payment_terms_days": "30",
    "price_list": "standard",
}


def as_csv(columns: Sequence[str], *rows: Mapping[str, str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_workbook(columns: Sequence[str], *rows: Mapping[str, Any], formats: Mapping[str, str] = {}) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(columns))
    for row in rows:
        sheet.append([row.get(column) for column in columns])
    for column, number_format in formats.items():
        for line in range(2, len(rows) + 2):
            sheet.cell(line, list(columns).index(column) + 1).number_format = number_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def products(*rows: Mapping[str, str]) -> list[Product]:
    return read_catalogue("c.csv", as_csv(CATALOGUE_COLUMNS, *rows))


def problems_of(read: Any, content: bytes, **known: Any) -> list[tuple[int, str, str]]:
    with pytest.raises(ImportProblems) as caught:
        read("f.csv", content, **known)
    return [(problem.line, problem.column, problem.reason) for problem in caught.value.problems]


def one_problem(change: Mapping[str, str]) -> tuple[int, str, str]:
    [problem] = problems_of(read_catalogue, as_csv(CATALOGUE_COLUMNS, {**BOX, **change}))
    return problem


def test_a_catalogue_row_becomes_a_product() -> None:
    assert products(BOX) == [
        Product(
            sku="PB-12",
            name="Pizza Box 12in",
            unit="bundle",
            pieces_per_unit=50,
            price=Decimal("32.00"),
            currency="SGD",
            category="Boxes",
            description="White",
            min_quantity=1,
            aliases=("12in box", "large box"),
            active=True,
        )
    ]


def test_the_sample_files_are_read_without_a_problem() -> None:
    catalogue = read_catalogue("catalogue.csv", (SAMPLE / "catalogue.csv").read_bytes())
    skus = {product.sku for product in catalogue}
    prices = read_prices("prices.csv", (SAMPLE / "prices.csv").read_bytes(), skus=skus)
    lists = {row.price_list for row in prices}
    findings = Findings("outlets.csv")
    zones = read_zones("zones.csv", (SAMPLE / "zones.csv").read_bytes())
    outlets = read_outlets(
        "outlets.csv", (SAMPLE / "outlets.csv").read_bytes(), findings, price_lists=lists, zones=zones
    )
    codes = {row.outlet.code for row in outlets}
    history = (SAMPLE / "history.csv").read_bytes()
    assert len(catalogue) == 160
    assert len(outlets) == 12
    assert findings.warnings == []
    assert read_history("history.csv", history, outlets=codes, skus=skus)


def test_columns_may_come_in_any_order_and_the_file_may_begin_with_a_byte_order_mark() -> None:
    content = b"\xef\xbb\xbf" + as_csv(CATALOGUE_COLUMNS[::-1], BOX)
    assert read_catalogue("c.csv", content) == products(BOX)


def test_unknown_missing_and_repeated_columns_are_named_together() -> None:
    header = ",".join(["SKU", "colour", "name", *CATALOGUE_COLUMNS[1:-1]]).encode()
    assert set(problems_of(read_catalogue, header + b"\nx\n")) == {
        (1, "colour", "this column is not known"),
        (1, "active", "this column is missing"),
        (1, "name", "this column is there more than once"),
    }


def test_every_bad_row_is_named_with_its_line_at_once() -> None:
    rows = [
        BOX,
        {**BOX, "sku": "", "price": "$4", "active": "maybe"},
        {**BOX, "sku": "pb-12", "name": "Another", "aliases": ""},
        {**BOX, "sku": "X", "name": "Third", "aliases": "", "pieces_per_unit": "0"},
    ]
    assert problems_of(read_catalogue, as_csv(CATALOGUE_COLUMNS, *rows)) == [
        (3, "sku", "is empty"),
        (3, "price", "write the number alone, without a currency, such as 4.50"),
        (3, "active", "must be yes or no"),
        (4, "sku", "is on line 2 already"),
        (5, "pieces_per_unit", "must be from 1 to 1000000"),
    ]


def test_the_message_names_line_column_value_and_reason() -> None:
    with pytest.raises(ImportProblems, match=r'line 2, price "1,200\.00": write the number without a comma'):
        products({**BOX, "price": "1,200.00"})


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("-1", "may not be below zero"),
        ("1.23456", "has more than 4 decimals"),
        ("SGD 4", "write the number alone, without a currency, such as 4.50"),
        ("1e3", "write the number alone, without a currency, such as 4.50"),
        ("NaN", "write the number alone, without a currency, such as 4.50"),
        ("4,50", "write the number without a comma, such as 1234.50"),
        ("", "is empty"),
        (".5", "is not an amount such as 4.50 (at most 9 digits before the point)"),
        ("٣", "is not an amount such as 4.50 (at most 9 digits before the point)"),
    ],
)
def test_a_price_is_a_plain_number(price: str, reason: str) -> None:
    assert one_problem({"price": price}) == (2, "price", reason)


@pytest.mark.parametrize("price", ["0", "0.0125", "32.00", "999999999.9999"])
def test_a_price_keeps_its_decimals(price: str) -> None:
    assert str(products({**BOX, "price": price})[0].price) == price


def test_a_file_has_one_currency() -> None:
    rows = [{**BOX, "sku": f"S{n}", "name": f"N{n}", "aliases": ""} for n in range(3)]
    rows[1]["currency"] = "MYR"
    found = problems_of(read_catalogue, as_csv(CATALOGUE_COLUMNS, *rows))
    assert found == [(3, "currency", "must be SGD, as in the rest of the file")]


@pytest.mark.parametrize("unit", ["", "12.50", "5"])
def test_a_sell_unit_is_a_word(unit: str) -> None:
    assert one_problem({"unit": unit})[1] == "unit"


def test_an_alias_of_another_product_is_refused_and_both_lines_are_named() -> None:
    rows = [BOX, {**BOX, "sku": "PB-14", "name": "Pizza Box 14in", "aliases": "Large Box|pizza box 12IN"}]
    assert problems_of(read_catalogue, as_csv(CATALOGUE_COLUMNS, *rows)) == [
        (3, "aliases", "is an alias of PB-12 on line 2 too"),
        (3, "aliases", "is the name of PB-12 on line 2"),
    ]


def test_a_product_that_is_no_longer_sold_leaves_its_names_to_another() -> None:
    rows = [{**BOX, "active": "no"}, {**BOX, "sku": "PB-12-B"}]
    assert [product.active for product in products(*rows)] == [False, True]


def test_two_products_of_one_name_are_a_warning() -> None:
    findings = Findings("c.csv")
    rows = [BOX, {**BOX, "sku": "PB-12-B", "aliases": ""}]
    read_catalogue("c.csv", as_csv(CATALOGUE_COLUMNS, *rows), findings)
    assert [str(warning) for warning in findings.warnings] == [
        'line 3, name "Pizza Box 12in": is the name of PB-12 on line 2 too'
    ]


def test_a_row_is_named_by_the_line_it_starts_on() -> None:
    rows = [
        {**BOX, "description": "two\nlines"},
        {**BOX, "sku": "B", "name": "B", "aliases": "", "price": "x"},
    ]
    assert problems_of(read_catalogue, as_csv(CATALOGUE_COLUMNS, *rows))[0][0] == 4


def test_blank_rows_are_passed_over() -> None:
    content = as_csv(CATALOGUE_COLUMNS, BOX).replace(b"\r\nPB", b"\r\n\r\n,,,,,,,,,,\r\nPB") + b",,,\r\n\r\n"
    assert len(read_catalogue("c.csv", content)) == 1


def test_a_row_with_an_unquoted_comma_is_refused() -> None:
    content = b"price_list,sku,price\nA,X,1,200\nA,Y,2\n"
    found = problems_of(read_prices, content, skus={"X", "Y"})
    assert found == [(2, "", "has 4 cells under 3 columns; is a comma not in quotes?")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"price_list,sku,price\n", "has a header but no rows"),
        (b"price_list;sku;price\nA;B;1\n", "separated by commas"),
        ("price_list,sku,price\nA,B,1".encode("utf-16"), "UTF-16"),
        (b"price_list,sku,price\nA,caf\xe9,1", "not UTF-8"),
        (b"\xd0\xcf\x11\xe0garbage", "old .xls"),
        (b"PK\x03\x04garbage", "not a readable .xlsx"),
        (b'price_list,sku,price\nA,"B,1\n', "not well-formed CSV"),
        (b"x" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
        (b"price_list,sku,price\nA,B\x00,1\n", "control character"),
    ],
)
def test_a_file_that_is_no_table_says_what_it_is(content: bytes, reason: str) -> None:
    assert reason in problems_of(read_prices, content, skus={"B"})[0][2]


def test_a_workbook_reads_as_the_same_products() -> None:
    rows = [BOX, {**BOX, "sku": "B", "name": "Lid", "aliases": ""}]
    typed = [{**row, "price": 32, "pieces_per_unit": 50.0, "active": True, "min_quantity": None} for row in rows]
    content = as_workbook(CATALOGUE_COLUMNS, *typed, {}, {"sku": " "})
    assert read_catalogue("c.xlsx", content) == [replace(p, price=Decimal(32)) for p in products(*rows)]


def test_numbers_of_a_workbook_keep_their_digits() -> None:
    row = {**SHOP, "code": 12, "postal_code": 98679, "contacts": 6591230001.0, "payment_terms_days": 30.0}
    content = as_workbook(OUTLET_COLUMNS, row, formats={"code": "00000"})
    [read] = read_outlets("o.xlsx", content)
    assert (read.outlet.code, read.outlet.postal_code, read.contacts) == ("00012", "098679", ("+6591230001",))


def test_a_computed_price_of_a_workbook_loses_the_float_noise() -> None:
    content = as_workbook(PRICE_COLUMNS, {"price_list": "A", "sku": "X", "price": 0.1 + 0.2})
    assert read_prices("p.xlsx", content, skus={"X"})[0].price == Decimal("0.3")


def test_a_date_or_an_error_in_a_workbook_is_refused() -> None:
    content = as_workbook(
        PRICE_COLUMNS,
        {"price_list": "A", "sku": date(2026, 5, 1), "price": 1},
        {"price_list": "A", "sku": "X", "price": "#REF!"},
    )
    assert [(line, column) for line, column, _ in problems_of(read_prices, content, skus={"X"})] == [
        (2, "sku"),
        (3, "price"),
    ]


def test_a_time_of_a_workbook_is_a_cut_off() -> None:
    row = {
        "zone": "East",
        "delivery_days": "Fri|mon",
        "cut_off": time(17, 30),
        "lead_days": 1,
        "minimum_order": 30,
    }
    assert read_zones("z.xlsx", as_workbook(ZONE_COLUMNS, row)) == {
        "East": ZoneRules((1, 5), time(17, 30), 1, Decimal(30))
    }


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"cut_off": "25:00"}, "cut_off"),
        ({"cut_off": "5pm"}, "cut_off"),
        ({"lead_days": "-1"}, "lead_days"),
        ({"delivery_days": ""}, "delivery_days"),
        ({"minimum_order": "S$30"}, "minimum_order"),
        ({"zone": ""}, "zone"),
    ],
)
def test_a_bad_zone_is_refused(change: dict[str, str], column: str) -> None:
    zone = {
        "zone": "East",
        "delivery_days": "Mon",
        "cut_off": "17:00",
        "lead_days": "1",
        "minimum_order": "30",
    }
    assert problems_of(read_zones, as_csv(ZONE_COLUMNS, {**zone, **change}))[0][1] == column


def test_an_outlet_row_becomes_an_outlet_and_its_contacts() -> None:
    row = {**SHOP, "contacts": "+65 9123 0001|telegram:700100200|whatsapp:SG.5f1c|whatsapp:+6591230001"}
    [read] = read_outlets("o.csv", as_csv(OUTLET_COLUMNS, row))
    assert read.outlet == Outlet(
        code="CPZ-PSR",
        name="Canadian Pizza Pasir Ris",
        address="442 Pasir Ris Drive 6 #01-28",
        postal_code="510442",
        zone="East",
        delivery_days=(1, 3, 5),
        payment_terms_days=30,
    )
    assert read.contacts == ("+6591230001", "telegram:700100200", "whatsapp:SG.5f1c")


def test_a_contact_may_belong_to_several_outlets() -> None:
    rows = read_outlets("o.csv", as_csv(OUTLET_COLUMNS, SHOP, {**SHOP, "code": "CPZ-TMP"}))
    assert contacts_of(rows) == {"+6591230001": ("CPZ-PSR", "CPZ-TMP")}


@pytest.mark.parametrize(
    "contact",
    ["91230001", "+65", "telegram:@lim", "telegram:", "signal:1", "boss", "+999123456", "whatsapp:a b"],
)
def test_a_contact_that_no_channel_presents_is_refused(contact: str) -> None:
    with pytest.raises(UnknownIdentity):
        read_identity(contact, "SG")


def test_an_unknown_weekday_is_refused() -> None:
    found = problems_of(read_outlets, as_csv(OUTLET_COLUMNS, {**SHOP, "delivery_days": "Mon|Wde"}))
    assert found == [(2, "delivery_days", "'wde' is not a weekday; write Mon|Wed|Fri")]


def test_an_unknown_price_list_is_a_warning_until_prices_are_loaded() -> None:
    content = as_csv(OUTLET_COLUMNS, {**SHOP, "price_list": "cafe"})
    findings = Findings("o.csv")
    read_outlets("o.csv", content, findings)
    assert [warning.column for warning in findings.warnings] == ["price_list"]
    assert problems_of(read_outlets, content, price_lists={"hotel"})[0][1] == "price_list"


def test_a_zone_without_rules_and_a_day_its_zone_is_not_served_are_warnings() -> None:
    findings = Findings("o.csv")
    rows = [{**SHOP, "zone": "Moon"}, {**SHOP, "code": "B"}, {**SHOP, "code": "C", "delivery_days": "Mon"}]
    read_outlets("o.csv", as_csv(OUTLET_COLUMNS, *rows), findings, zones={"East": ZoneRules((1, 2))})
    found = [(warning.line, warning.column) for warning in findings.warnings]
    assert found == [(2, "zone"), (3, "delivery_days")]


def test_a_special_price_needs_a_product_and_comes_once() -> None:
    content = b"price_list,sku,price\nA,X,1\nA,Y,1\nA,X,2\n"
    assert problems_of(read_prices, content, skus={"X"}) == [
        (3, "sku", "is not in the catalogue"),
        (4, "sku", "is on line 2 already"),
    ]


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="|"),
    min_size=1,
    max_size=30,
).map(lambda text: unicodedata.normalize("NFC", text))


@given(
    st.lists(
        st.builds(
            Product,
            sku=NAMES,
            name=NAMES,
            unit=st.sampled_from(["bundle", "pkt", "carton"]),
            pieces_per_unit=st.integers(1, 10_000),
            price=st.decimals(0, 9_999, places=4),
            currency=st.just("SGD"),
            min_quantity=st.integers(1, 100),
            active=st.booleans(),
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda product: product.sku.casefold(),
    ),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_what_is_read(wanted: list[Product], in_workbook: bool) -> None:
    rows = [
        {
            "sku": product.sku,
            "name": product.name,
            "unit": product.unit,
            "pieces_per_unit": str(product.pieces_per_unit),
            "price": str(product.price),
            "currency": product.currency,
            "min_quantity": str(product.min_quantity),
            "active": "yes" if product.active else "no",
        }
        for product in wanted
    ]
    # openpyxl would take text that starts with "=" for a formula.
    in_workbook = in_workbook and not any(text.startswith(("=", "#")) for row in rows for text in row.values())
    write = as_workbook if in_workbook else as_csv
    assert read_catalogue("c", write(CATALOGUE_COLUMNS, *rows)) == wanted


READERS = [
    (read_catalogue, CATALOGUE_COLUMNS, {}),
    (read_outlets, OUTLET_COLUMNS, {}),
    (read_prices, PRICE_COLUMNS, {"skus": {"X"}}),
    (read_zones, ZONE_COLUMNS, {}),
    (read_history, ("outlet", "days_ago", "sku", "quantity"), {"outlets": {"O"}, "skus": {"X"}}),
]
WORKBOOK = as_workbook(CATALOGUE_COLUMNS, BOX)


def read_or_problems(read: Any, content: bytes, known: Mapping[str, Any]) -> None:
    try:
        read("f", content, **known)
    except ImportProblems as error:
        named = [str(problem) for problem in error.problems]
    else:
        return
    assert all(named)


@pytest.mark.parametrize(("read", "columns", "known"), READERS)
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_any_bytes_are_read_or_named_as_problems(
    read: Any, columns: tuple[str, ...], known: dict[str, Any], data: st.DataObject
) -> None:
    header = data.draw(st.sampled_from([b"", b"PK\x03\x04", b"\xff\xfe", ",".join(columns).encode() + b"\n"]))
    read_or_problems(read, header + data.draw(st.binary(max_size=300)), known)


@pytest.mark.parametrize(("read", "columns", "known"), READERS)
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_any_rows_are_read_or_named_as_problems(
    read: Any, columns: tuple[str, ...], known: dict[str, Any], data: st.DataObject
) -> None:
    likely = st.sampled_from(["1", "X", "Mon", "yes", "17:00", "+6591230001", "telegram:1", "0.5", "1e9", "=1+1"])
    cell = st.one_of(likely, st.text(max_size=12))
    row = st.fixed_dictionaries(dict.fromkeys(columns, cell))
    rows = data.draw(st.lists(row, max_size=6))
    read_or_problems(read, as_csv(columns, *rows), known)


@given(at=st.integers(0, len(WORKBOOK) - 1), put=st.binary(min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_a_damaged_workbook_is_read_or_named_as_a_problem(at: int, put: bytes) -> None:
    read_or_problems(read_catalogue, WORKBOOK[:at] + put + WORKBOOK[at + len(put) :], {})
    read_or_problems(read_catalogue, WORKBOOK[:at], {})


class Shelf:
    """Reference data in memory, written as storage writes it."""

    def __init__(self) -> None:
        self.now = Reference(0, Catalogue({}), Directory(), DeliveryCalendar())

    async def reference(self) -> Reference:
        return self.now

    async def replace_catalogue(self, products: Sequence[Product]) -> None:
        gone = {sku: replace(p, active=False) for sku, p in self.now.catalogue.products.items()}
        shelf = {**gone, **{product.sku: product for product in products}}
        self.now = replace(self.now, catalogue=replace(self.now.catalogue, products=shelf))

    async def replace_outlets(self, outlets: Sequence[Outlet], contacts: Mapping[str, tuple[str, ...]]) -> None:
        by_code = {outlet.code: outlet for outlet in outlets}
        self.now = replace(self.now, directory=Directory(by_code, dict(contacts)))

    async def replace_prices(self, prices: Mapping[tuple[str, str], Decimal]) -> None:
        self.now = replace(self.now, catalogue=replace(self.now.catalogue, special_prices=dict(prices)))

    async def replace_zones(self, zones: Mapping[str, ZoneRules]) -> None:
        self.now = replace(self.now, calendar=DeliveryCalendar(dict(zones)))


async def test_an_import_can_be_repeated() -> None:
    store = Shelf()
    for kind in ImportKind:
        first = await import_file(kind, SAMPLE / f"{kind}.csv", store)
        again = await import_file(kind, SAMPLE / f"{kind}.csv", store)
        assert first.added == again.unchanged > 0
        assert (again.added, again.changed, again.deactivated) == (0, 0, 0)


async def test_an_import_counts_what_it_did(tmp_path: Path) -> None:
    store = Shelf()
    file = tmp_path / "catalogue.csv"
    rows = [{**BOX, "sku": f"S{n}", "name": f"N{n}", "aliases": ""} for n in range(5)]
    file.write_bytes(as_csv(CATALOGUE_COLUMNS, *rows[:4]))
    await import_file(ImportKind.CATALOGUE, file, store)
    changed, off = {**rows[1], "price": "9.90"}, {**rows[2], "active": "no"}
    file.write_bytes(as_csv(CATALOGUE_COLUMNS, rows[0], changed, off, rows[4]))
    summary = await import_file(ImportKind.CATALOGUE, file, store)
    assert (summary.added, summary.changed, summary.deactivated, summary.unchanged) == (1, 1, 2, 1)
    assert str(summary) == "catalogue from catalogue.csv: 1 added, 1 changed, 2 deactivated, 1 unchanged"


async def test_a_file_with_a_bad_row_changes_nothing(tmp_path: Path) -> None:
    store = Shelf()
    file = tmp_path / "catalogue.csv"
    file.write_bytes(as_csv(CATALOGUE_COLUMNS, BOX, {**BOX, "sku": "B", "price": "?"}))
    with pytest.raises(ImportProblems):
        await import_file(ImportKind.CATALOGUE, file, store)
    assert store.now.catalogue.products == {}


async def test_a_missing_file_and_another_currency_are_problems(tmp_path: Path) -> None:
    with pytest.raises(ImportProblems, match="cannot be read"):
        await import_file(ImportKind.PRICES, tmp_path / "none.csv", Shelf())
    with pytest.raises(ImportProblems, match="the desk sells in MYR"):
        await import_file(ImportKind.CATALOGUE, SAMPLE / "catalogue.csv", Shelf(), currency="MYR")


async def test_outlets_left_without_their_price_list_or_zone_are_warned_of(tmp_path: Path) -> None:
    store = Shelf()
    await import_file(ImportKind.OUTLETS, SAMPLE / "outlets.csv", store)
    zones = tmp_path / "zones.csv"
    zones.write_text("zone,delivery_days,cut_off,lead_days,minimum_order\nEast,Mon,17:00,1,0\n", encoding="utf-8")
    summary = await import_file(ImportKind.ZONES, zones, store)
    assert any("SBT-WDL is in this zone" in warning.reason for warning in summary.warnings)
