"""The accounting that needs nothing installed: numbered invoices in the database, as PDF and CSV."""

from bot.ledger.book import SqlInvoiceBook
from bot.ledger.document import render
from bot.ledger.export import Form, register_csv, xero_csv
from bot.ledger.ledger import InvoiceClosed, Ledger
from bot.ledger.supplier import Supplier

__all__ = ["Form", "InvoiceClosed", "Ledger", "SqlInvoiceBook", "Supplier", "register_csv", "render", "xero_csv"]
