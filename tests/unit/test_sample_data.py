"""The sample supplier and the evaluation supplier hold together: what the demo and the evaluation rely on."""

import csv
import re
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "bot" / "sample"
EVAL = ROOT / "tests" / "eval" / "catalogues"

HEADERS = {
    "catalogue": ("sku,name,description,category,unit,pieces_per_unit,price,currency,min_quantity,aliases,active"),
    "outlets": "code,name,address,postal_code,zone,contacts,delivery_days,payment_terms_days,price_list",
    "prices": "price_list,sku,price",
    "zones": "zone,delivery_days,cut_off,lead_days,minimum_order",
    "history": "outlet,days_ago,sku,quantity",
}
FILES = [
    (SAMPLE / "catalogue.csv", "catalogue"),
    (SAMPLE / "outlets.csv", "outlets"),
    (SAMPLE / "prices.csv", "prices"),
    (SAMPLE / "zones.csv", "zones"),
    (SAMPLE / "history.csv", "history"),
    (EVAL / "hardware.csv", "catalogue"),
    (EVAL / "hardware_outlets.csv", "outlets"),
]
CATALOGUES = [SAMPLE / "catalogue.csv", EVAL / "hardware.csv"]
OUTLETS = [SAMPLE / "outlets.csv", EVAL / "hardware_outlets.csv"]
WEEK = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
MONEY = re.compile(r"\d+\.\d{2}")
CONTACT = re.compile(r"\+[1-9]\d{7,14}|telegram:\d+|whatsapp:[A-Za-z0-9.]+")

Row = dict[str, str]


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def products() -> dict[str, Row]:
    return {row["sku"]: row for row in rows(SAMPLE / "catalogue.csv")}


def zones() -> dict[str, Row]:
    return {row["zone"]: row for row in rows(SAMPLE / "zones.csv")}


def outlets() -> dict[str, Row]:
    return {row["code"]: row for row in rows(SAMPLE / "outlets.csv")}


def plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def split(cell: str) -> list[str]:
    return cell.split("|") if cell else []


def price_for(outlet: Row, sku: str) -> Decimal:
    for row in rows(SAMPLE / "prices.csv"):
        if (row["price_list"], row["sku"]) == (outlet["price_list"], sku):
            return Decimal(row["price"])
    return Decimal(products()[sku]["price"])


@pytest.mark.parametrize(("path", "kind"), FILES, ids=lambda value: getattr(value, "stem", value))
def test_every_file_has_its_header_and_full_trimmed_rows(path: Path, kind: str) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        head, *body = csv.reader(file)
    assert ",".join(head) == HEADERS[kind]
    assert body
    for row in body:
        assert len(row) == len(head), row
        assert all(cell == cell.strip() for cell in row), row


def test_the_sample_supplier_sells_160_products_to_12_outlets() -> None:
    assert len(rows(SAMPLE / "catalogue.csv")) == 160
    assert len(rows(SAMPLE / "outlets.csv")) == 12


def test_the_evaluation_supplier_is_of_another_trade_with_about_120_products_and_4_outlets() -> None:
    assert 110 <= len(rows(EVAL / "hardware.csv")) <= 140
    assert len(rows(EVAL / "hardware_outlets.csv")) == 4


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_skus_and_names_are_unique(path: Path) -> None:
    for key in ("sku", "name"):
        counts = Counter(plain(row[key]) for row in rows(path))
        assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_no_alias_belongs_to_two_products_or_is_the_name_or_sku_of_one(path: Path) -> None:
    taken = {plain(row[key]) for row in rows(path) for key in ("sku", "name")}
    for row in rows(path):
        for alias in split(row["aliases"]):
            assert plain(alias), row
            assert plain(alias) not in taken, (row["sku"], alias)
            taken.add(plain(alias))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_products_have_exact_prices_and_whole_positive_quantities(path: Path) -> None:
    for row in rows(path):
        assert MONEY.fullmatch(row["price"]), row
        assert Decimal(row["price"]) > 0, row
        assert row["currency"] == "SGD", row
        assert int(row["pieces_per_unit"]) >= 1, row
        assert int(row["min_quantity"]) >= 1, row
        assert row["active"] in {"yes", "no"}, row
        assert all(row[key] for key in ("sku", "name", "category", "unit")), row
        assert row["unit"] == row["unit"].lower(), row


def test_the_sample_catalogue_has_the_variety_a_desk_must_cope_with() -> None:
    items = products().values()
    assert 12 <= len({row["category"] for row in items}) <= 14
    assert {row["unit"] for row in items} == {
        "bundle", "carton", "packet", "sleeve", "roll", "bottle", "box", "pail", "set",
    }  # fmt: skip
    assert 4 <= sum(row["active"] == "no" for row in items) <= 6
    assert sum(bool(row["aliases"]) for row in items) >= 70
    assert any(int(row["min_quantity"]) > 1 for row in items)


def test_the_pizza_boxes_of_the_demo_dialogue_are_there() -> None:
    box = products()["PB-12-PLN"]
    assert (box["name"], box["unit"], box["pieces_per_unit"], box["price"], box["min_quantity"]) == (
        "Pizza Box 12in",
        "bundle",
        "50",
        "32.00",
        "1",
    )
    names = {row["name"] for row in products().values()}
    assert {"Pizza Box 12in Printed", "Pizza Box 12in Kraft", "Pizza Box 8in", "Pizza Box 18in"} <= names


@pytest.mark.parametrize("path", OUTLETS, ids=lambda path: path.stem)
def test_outlets_are_well_formed(path: Path) -> None:
    codes = [row["code"] for row in rows(path)]
    assert len(set(codes)) == len(codes)
    for row in rows(path):
        assert re.fullmatch(r"\d{6}", row["postal_code"]), row
        assert row["contacts"], row
        assert all(CONTACT.fullmatch(contact) for contact in split(row["contacts"])), row
        assert row["delivery_days"], row
        assert set(split(row["delivery_days"])) <= WEEK, row
        assert int(row["payment_terms_days"]) >= 0, row


def test_outlets_use_known_price_lists_and_days_their_zone_is_served() -> None:
    lists = {"standard"} | {row["price_list"] for row in rows(SAMPLE / "prices.csv")}
    assert {row["price_list"] for row in outlets().values()} == lists
    assert {row["zone"] for row in outlets().values()} == set(zones())
    for outlet in outlets().values():
        served = split(zones()[outlet["zone"]]["delivery_days"])
        assert set(split(outlet["delivery_days"])) <= set(served), outlet


def test_a_contact_belongs_to_one_outlet_except_the_area_manager_of_one_brand() -> None:
    links = [(contact, row["code"]) for row in outlets().values() for contact in split(row["contacts"])]
    counts = Counter(contact for contact, _ in links)
    assert [contact for contact, count in counts.items() if count > 1] == ["+6591230099"]
    brands = {code.partition("-")[0] for contact, code in links if contact == "+6591230099"}
    assert len(brands) == 1
    assert {"telegram:700100200", "whatsapp:SG.5f1c"} <= set(counts)


def test_canadian_pizza_pasir_ris_is_as_the_demo_expects() -> None:
    outlet = outlets()["CPZ-PSR"]
    assert outlet["name"] == "Canadian Pizza Pasir Ris"
    assert outlet["contacts"] == "+6591230001"
    assert outlet["delivery_days"] == "Mon|Tue|Wed|Thu|Fri|Sat"
    assert outlet["price_list"] == "standard"
    assert outlets()["CPZ-TMP"]["contacts"] == "+6591230002"


def test_special_prices_are_for_real_products_and_below_the_catalogue() -> None:
    special = rows(SAMPLE / "prices.csv")
    pairs = [(row["price_list"], row["sku"]) for row in special]
    assert len(set(pairs)) == len(pairs)
    assert len({name for name, _ in pairs}) == 2
    for row in special:
        assert MONEY.fullmatch(row["price"]), row
        assert 0 < Decimal(row["price"]) < Decimal(products()[row["sku"]]["price"]), row


def test_zones_have_a_cut_off_a_lead_time_and_a_minimum() -> None:
    assert set(zones()) == {"North", "East", "West", "Central", "Sentosa"}
    for row in zones().values():
        assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", row["cut_off"]), row
        assert int(row["lead_days"]) >= 1, row
        assert MONEY.fullmatch(row["minimum_order"]), row
        assert set(split(row["delivery_days"])) <= WEEK, row
    assert (zones()["Sentosa"]["delivery_days"], zones()["Sentosa"]["minimum_order"]) == ("Tue|Fri", "80.00")


def test_every_past_order_could_have_been_placed() -> None:
    totals: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    seen: set[tuple[str, str, str]] = set()
    for row in rows(SAMPLE / "history.csv"):
        key = (row["outlet"], row["days_ago"], row["sku"])
        assert key not in seen, row
        seen.add(key)
        product = products()[row["sku"]]
        assert product["active"] == "yes", row
        assert int(row["days_ago"]) >= 1, row
        assert int(row["quantity"]) >= int(product["min_quantity"]), row
        price = price_for(outlets()[row["outlet"]], row["sku"])
        totals[row["outlet"], row["days_ago"]] += price * int(row["quantity"])
    for (code, _), total in totals.items():
        assert total >= Decimal(zones()[outlets()[code]["zone"]]["minimum_order"]), code


def test_pasir_ris_orders_the_same_every_week() -> None:
    weeks: dict[int, dict[str, int]] = {}
    for row in rows(SAMPLE / "history.csv"):
        if row["outlet"] == "CPZ-PSR":
            weeks.setdefault(int(row["days_ago"]), {})[row["sku"]] = int(row["quantity"])
    assert list(weeks) == [3, 10, 17, 24, 31]
    assert all(order == {"PB-12-PLN": 4, "PB-10-PLN": 2, "ST-PP06-BLK": 3} for order in weeks.values())
