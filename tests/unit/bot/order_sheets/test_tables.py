"""Tables of any layout become rows of amount, unit, description and remark."""

import pytest

from bot.order_sheets.amounts import UNCLEAR, amount_of, unit_in
from bot.order_sheets.tables import rows_of


def texts(*table: list[str]) -> list[str]:
    return [row.text for row in rows_of(table)]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2", "2"), ("2.0", "2"), ("1,200", "1200"), ("2,0", "2"), ("2,5", "2.5"), ("2 ctn", "2 ctn"),
        ("2ctns", "2 ctns"),
        ("x3", "3"), ("3x", "3"), ("1 dozen", "1 dozen"), ("½", "1/2"), ("2-3", "2-3"), ("", ""), ("0", ""),
        ("0.00", ""),
        ("-", ""), ("nil", ""), ("0 ctn", ""), ("-2", UNCLEAR), ("TBC", UNCLEAR), ("✓", UNCLEAR), ("#REF!", UNCLEAR),
        ("2 ctn + 5 pcs", UNCLEAR), ("25/11/2026", UNCLEAR), ("(2)", UNCLEAR), ("2.", UNCLEAR),
    ],
)  # fmt: skip
def test_a_quantity_cell_is_said_as_in_a_message_or_is_unclear(cell: str, said: str) -> None:
    assert amount_of(cell) == said


@pytest.mark.parametrize(
    ("cell", "unit"),
    [("CTN", "carton"), ("bundle of 50 pcs", "bundle"), ("PKT/100", "packet"), ("50 pcs", "piece"),
     ("Qty (ctn)", "carton"),
     ("unit", ""), ("Order Qty", ""), ("packet / carton", "packet"), ("cartons or packets", "")],
)  # fmt: skip
def test_a_unit_is_the_container_that_a_cell_names(cell: str, unit: str) -> None:
    assert unit_in(cell) == unit


def test_the_header_may_stand_below_a_title_and_in_any_order_of_columns() -> None:
    rows = texts(["Order form"], [], ["Remarks", "Qty", "UOM", "Item"], ["urgent", "2", "bdl", "Pizza Box 12in"])

    assert rows == ["Order form", "2 bundle Pizza Box 12in urgent"]


def test_rows_that_were_not_filled_in_order_nothing() -> None:
    rows = texts(
        ["Item", "Qty"], ["Pizza Box 12in", "0"], ["Pizza Box 10in", ""], ["Cups"], ["Flat Lid 90mm White", "3"]
    )

    assert rows == ["3 Flat Lid 90mm White"]


def test_line_numbers_headed_item_are_no_description() -> None:
    rows = texts(["Item", "Description", "Qty"], ["1", "Hand towel", "2"], ["2", "Pizza Box 12in", "3"])

    assert rows == ["2 Hand towel", "3 Pizza Box 12in"]


def test_stock_prices_and_totals_are_no_quantity() -> None:
    rows = texts(
        ["Code", "Item", "Stock", "Last order qty", "Unit price", "Order", "Total"],
        ["PB-12-PLN", "Pizza Box 12in", "7", "5", "32.00", "2", "64.00"],
        ["PB-10-PLN", "Pizza Box 10in", "9", "4", "25.00", "", ""],
        ["", "Total", "16", "9", "", "2", "64.00"],
    )

    assert rows == ["2 Pizza Box 12in"]


def test_the_item_code_goes_beside_the_words() -> None:
    (row,) = rows_of([["Stock Code", "Description", "Qty"], ["PB-12-PLN", "Pizza Box 12in", "2"]])

    assert (row.code, row.text) == ("PB-12-PLN", "2 Pizza Box 12in")


def test_a_header_that_names_the_unit_counts_in_it() -> None:
    assert texts(["Item", "Qty (ctn)"], ["Hand towel", "2"]) == ["2 carton Hand towel"]


def test_the_unit_in_the_cell_goes_before_the_unit_of_the_column() -> None:
    assert texts(["Item", "Qty", "UOM"], ["Hand towel", "2 ctn", "pkt"]) == ["2 ctn Hand towel"]


def test_pieces_in_a_pack_column_are_no_unit() -> None:
    assert texts(["Item", "Pack size", "Qty"], ["Pizza Box 12in", "50 pcs", "2"]) == ["2 Pizza Box 12in"]


def test_two_quantity_columns_that_are_both_filled_are_a_doubt() -> None:
    rows = texts(["Item", "Qty (ctn)", "Qty (pcs)"], ["Hand towel", "2", ""], ["Cups", "1", "50"])

    assert rows == ["2 carton Hand towel", f"{UNCLEAR} Cups"]


def test_the_ordered_quantity_goes_before_a_plain_one() -> None:
    assert texts(["Item", "Qty", "Order qty"], ["Hand towel", "16", "2"]) == ["2 Hand towel"]


def test_an_amount_that_cannot_be_read_is_kept_as_a_question() -> None:
    assert texts(["Item", "Qty"], ["Hand towel", "as usual"]) == [f"{UNCLEAR} Hand towel"]


def test_details_and_unknown_columns_belong_to_the_description() -> None:
    rows = texts(["Item", "Size", "Finish", "Qty"], ["Pizza Box", "12in", "Kraft", "2"])

    assert rows == ["2 Pizza Box 12in Kraft"]


def test_a_size_of_one_letter_is_not_taken_for_part_of_a_word() -> None:
    assert texts(["Item", "Size", "Qty"], ["Plastic Carrier Bag", "L", "5"]) == ["5 Plastic Carrier Bag L"]


def test_signs_inside_a_description_part_no_items() -> None:
    assert texts(["Item", "Qty"], ["Box, Pizza; 12in & lid. 0.5L", "2"]) == ["2 Box Pizza 12in lid 0.5L"]


def test_an_amount_in_the_remarks_is_not_lost() -> None:
    assert texts(["Item", "Qty", "Remarks"], ["Hand towel", "", "2 ctn pls"]) == ["Hand towel 2 ctn pls"]


def test_a_delivery_date_below_the_list_is_passed_on() -> None:
    rows = texts(["Item", "Qty"], ["Hand towel", "2"], ["Delivery date: 25/11/2026", ""])

    assert rows == ["2 Hand towel", "Delivery date: 25/11/2026"]


def test_words_below_the_list_are_passed_on_from_a_code_column_too() -> None:
    rows = texts(["Code", "Item", "Qty"], ["A1", "Hand towel", "2"], ["Deliver on Wed", "", ""], ["B7", "", ""])

    assert rows == ["2 Hand towel", "Deliver on Wed"]


def test_a_delivery_date_column_is_said_once() -> None:
    rows = texts(["Item", "Qty", "Delivery date"], ["Hand towel", "2", "25/11/2026"], ["Cups", "3", "25/11/2026"])

    assert rows.count("Delivery date 25/11/2026") == 1


def test_a_second_header_changes_the_columns() -> None:
    rows = texts(["Item", "Qty"], ["Hand towel", "2"], ["Qty", "Item"], ["3", "Cups"])

    assert rows == ["2 Hand towel", "3 Cups"]


def test_without_header_the_content_tells_the_columns() -> None:
    rows = rows_of(
        [
            ["1", "PB-12-PLN", "Pizza Box 12in", "2", "bdl", "32.00"],
            ["2", "PB-10-PLN", "Pizza Box 10in", "4", "bdl", "25.00"],
            ["3", "NT-MFT", "M-Fold Hand Towel", "3", "ctn", "29.50"],
        ]
    )

    assert [(r.text, r.code) for r in rows] == [
        ("2 bundle Pizza Box 12in", "PB-12-PLN"),
        ("4 bundle Pizza Box 10in", "PB-10-PLN"),
        ("3 carton M-Fold Hand Towel", "NT-MFT"),
    ]


def test_without_header_two_columns_of_numbers_are_a_doubt() -> None:
    rows = texts(["Pizza Box 12in", "5", "2"], ["Pizza Box 10in", "7", "3"])

    assert rows == [f"{UNCLEAR} Pizza Box 12in", f"{UNCLEAR} Pizza Box 10in"]


def test_without_header_a_number_beside_an_empty_cell_is_no_amount() -> None:
    rows = texts(["Pizza Box 12in", "", "9"], ["Pizza Box 10in", "7", "3"], ["Hand towel", "2", "8"])

    assert rows[0] == f"{UNCLEAR} Pizza Box 12in"


def test_a_label_below_the_list_is_no_unclear_amount() -> None:
    assert texts(["Item", "Qty"], ["Prepared by:", "Wei Ling"]) == ["Prepared by: Wei Ling"]
