"""Names and aliases that would mean two products."""

from collections.abc import Sequence

from bot.importing.problems import Findings
from core.domain.catalogue import Product


def refuse_shared_names(rows: Sequence[tuple[int, Product]], findings: Findings) -> None:
    """Refuse an alias that is another product's name or alias, naming both lines; `rows` carry their lines.

    Only active products count: the successor of a discontinued product may take over its names. Two equal
    names are a warning, for then a customer is asked to choose between lines that read the same.
    """
    active = [(line, product) for line, product in rows if product.active]
    names: dict[str, tuple[int, Product]] = {}
    for line, product in active:
        first, other = names.setdefault(product.name.casefold(), (line, product))
        if other is not product:
            findings.warn(line, "name", product.name, f"is the name of {other.sku} on line {first} too")
    aliases: dict[str, tuple[int, Product]] = {}
    for line, product in active:
        for alias in product.aliases:
            key = alias.casefold()
            first, other = aliases.setdefault(key, (line, product))
            if other is not product:
                reason = f"is an alias of {other.sku} on line {first} too"
                findings.refuse(line, "aliases", alias, reason)
            first, other = names.get(key, (line, product))
            if other is not product and product.name.casefold() != key:
                reason = f"is the name of {other.sku} on line {first}"
                findings.refuse(line, "aliases", alias, reason)
