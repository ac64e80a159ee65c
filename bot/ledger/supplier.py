"""Who issues the invoices, as printed on them and entered in the books."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Supplier:
    """The supplier's particulars. What is empty is left out of the invoice, never made up.

    `country` is the name printed before postal codes. `address` and `payment` (how to pay: bank, account,
    PayNow) may have several lines. `uen` is Singapore's entity number, `gst_number` the GST registration.
    `account_code` and `tax_type` go to the accounting export. `font` is a TrueType file for names beyond
    Latin script; without one they are transliterated.
    """

    name: str
    address: str = ""
    uen: str = ""
    gst_number: str = ""
    phone: str = ""
    email: str = ""
    payment: str = ""
    country: str = ""
    tax_name: str = "GST"
    account_code: str = ""
    tax_type: str = ""
    font: Path | None = None
