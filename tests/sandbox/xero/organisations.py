"""The books that an app may be connected to: their settings, tax rates and accounts.

A Singapore organisation's rates, as Xero sets them up: 9% since 2024, the older ones kept for older documents.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

from tests.sandbox.xero.wire import Json

SINGAPORE = ZoneInfo("Asia/Singapore")


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A rate, in percent, and what it may stand on."""

    tax_type: str
    name: str
    percent: Decimal
    report: str
    revenue: bool
    expenses: bool
    status: str = "ACTIVE"

    def shown(self) -> Json:
        """As in GET /TaxRates."""
        percent = self.percent.quantize(Decimal("0.0001"))
        return {
            "Name": self.name,
            "TaxType": self.tax_type,
            "ReportTaxType": self.report,
            "CanApplyToAssets": self.expenses,
            "CanApplyToEquity": self.expenses,
            "CanApplyToExpenses": self.expenses,
            "CanApplyToLiabilities": self.expenses,
            "CanApplyToRevenue": self.revenue,
            "DisplayTaxRate": percent,
            "EffectiveRate": percent,
            "Status": self.status,
            "TaxComponents": [{"Name": self.name, "Rate": percent, "IsCompound": False, "IsNonRecoverable": False}],
        }


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the chart."""

    code: str
    name: str
    kind: str
    class_: str
    tax_type: str
    status: str = "ACTIVE"
    account_id: str = field(default_factory=lambda: str(uuid4()))

    def shown(self) -> Json:
        """As in GET /Accounts."""
        return {
            "AccountID": self.account_id,
            "Code": self.code,
            "Name": self.name,
            "Status": self.status,
            "Type": self.kind,
            "TaxType": self.tax_type,
            "Class": self.class_,
            "EnablePaymentsToAccount": self.kind == "BANK",
            "ShowInExpenseClaims": False,
            "HasAttachments": False,
        }


def _rates() -> dict[str, TaxRate]:
    nine, eight, seven, none = Decimal(9), Decimal(8), Decimal(7), Decimal(0)
    rates = (
        TaxRate("OUTPUTY24", "Standard-Rated Supplies", nine, "OUTPUT", True, False),
        TaxRate("OUTPUTY23", "2023 Standard-Rated Supplies", eight, "OUTPUT", True, False),
        TaxRate("OUTPUT", "2022 Standard-Rated Supplies", seven, "OUTPUT", True, False),
        TaxRate("ZERORATEDOUTPUT", "Zero-Rated Supplies", none, "ZERORATEDOUTPUT", True, False),
        TaxRate("ES33OUTPUT", "Regulation 33 Exempt Supplies", none, "ES33OUTPUT", True, False),
        TaxRate("OSOUTPUT", "Out Of Scope Supplies", none, "OSOUTPUT", True, False),
        TaxRate("INPUTY24", "Standard-Rated Purchases", nine, "INPUT", False, True),
        TaxRate("INPUTY23", "2023 Standard-Rated Purchases", eight, "INPUT", False, True),
        TaxRate("INPUT", "2022 Standard-Rated Purchases", seven, "INPUT", False, True),
        TaxRate("ZERORATEDINPUT", "Zero-Rated Purchases", none, "ZERORATEDINPUT", False, True),
        TaxRate("NONE", "No Tax", none, "NONE", True, True),
    )
    return {rate.tax_type: rate for rate in rates}


def _accounts() -> dict[str, Account]:
    accounts = (
        Account("090", "Business Bank Account", "BANK", "ASSET", "NONE"),
        Account("200", "Sales", "REVENUE", "REVENUE", "OUTPUTY24"),
        Account("260", "Other Revenue", "REVENUE", "REVENUE", "OUTPUTY24"),
        Account("310", "Cost of Goods Sold", "DIRECTCOSTS", "EXPENSE", "INPUTY24"),
        Account("400", "Advertising", "EXPENSE", "EXPENSE", "INPUTY24"),
        Account("299", "Old Sales", "REVENUE", "REVENUE", "OUTPUT", "ARCHIVED"),
    )
    return {account.code: account for account in accounts}


@dataclass(slots=True)
class Organisation:
    """A tenant. `online` false is Xero's own trouble with it (503 by fault); `currencies` are those subscribed to."""

    name: str
    tenant_id: str = field(default_factory=lambda: str(uuid4()))
    currency: str = "SGD"
    currencies: set[str] = field(default_factory=set)
    zone: ZoneInfo = SINGAPORE
    tax_rates: dict[str, TaxRate] = field(default_factory=_rates)
    accounts: dict[str, Account] = field(default_factory=_accounts)
    items: set[str] = field(default_factory=set)
    short_code: str = "!x7k2p"
    next_number: int = 1

    def __post_init__(self) -> None:
        self.currencies |= {self.currency}

    def shown(self) -> Json:
        """As in GET /Organisation."""
        return {
            "OrganisationID": self.tenant_id,
            "Name": self.name,
            "LegalName": self.name,
            "PaysTax": True,
            "Version": "GLOBAL",
            "OrganisationType": "COMPANY",
            "OrganisationEntityType": "COMPANY",
            "BaseCurrency": self.currency,
            "CountryCode": "SG",
            "IsDemoCompany": False,
            "OrganisationStatus": "ACTIVE",
            "TaxNumber": "201812345K",
            "FinancialYearEndDay": 31,
            "FinancialYearEndMonth": 12,
            "SalesTaxBasis": "ACCRUALS",
            "SalesTaxPeriod": "3MONTHLY",
            "DefaultSalesTax": "Tax Exclusive",
            "DefaultPurchasesTax": "Tax Exclusive",
            "Timezone": "SINGAPORESTANDARDTIME",
            "ShortCode": self.short_code,
            "Edition": "BUSINESS",
            "Class": "PREMIUM",
            "Addresses": [],
            "Phones": [],
            "ExternalLinks": [],
            "PaymentTerms": {},
        }
