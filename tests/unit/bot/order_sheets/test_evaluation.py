"""Made-up order sheets with known truth: nothing is ordered wrongly or lost without a question."""

from tests.unit.bot.order_sheets.making import KINDS, made_sheet
from tests.unit.bot.order_sheets.scoring import Score, score

SHEETS = 96


def test_no_line_of_any_sheet_is_silently_wrong(capsys: object) -> None:
    total = Score()
    lines = 0
    for seed in range(SHEETS):
        sheet = made_sheet(seed)
        lines += len(sheet.truth)
        score(sheet, total)
    print(f"{SHEETS} sheets in {len(set(KINDS))} forms, {lines} lines: {total}")

    assert total.silent == []
    assert total.exact >= 0.7 * lines
    assert total.reported <= 0.02 * lines
