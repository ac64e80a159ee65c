"""What one turn's calls have used and cost."""

from decimal import Decimal

from bot.llm.prices import Spent
from core.domain.messages import Usage


class TurnLedger:
    """Adds up the requests of a turn, the failed ones and the tries included."""

    def __init__(self) -> None:
        self.usage = Usage()

    def add(self, spent: Spent | None, cost: Decimal) -> None:
        """Count one request that was sent; `spent` is None where it used nothing."""
        used, before = spent or Spent(), self.usage
        self.usage = Usage(
            model_calls=before.model_calls + 1,
            input_tokens=before.input_tokens + used.input_tokens,
            output_tokens=before.output_tokens + used.output_tokens,
            cost_usd=before.cost_usd + cost,
        )
