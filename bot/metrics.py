"""Prometheus metrics, one registry an application so that tests and replicas never share one."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.ports import Depths

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Everything that the desk counts. Labels are short fixed words: never a name, number or text."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.turns = Counter("resupply_turns", "Turns taken.", ["channel", "intent"], registry=registry)
        self.turn_failures = Counter(
            "resupply_turn_failures", "Turns that did not commit.", ["reason"], registry=registry
        )
        self.turn_seconds = Histogram(
            "resupply_turn_seconds", "Time of a turn in the engine.", buckets=_SECONDS, registry=registry
        )
        self.deliveries = Counter(
            "resupply_deliveries", "Outbox jobs worked on.", ["kind", "outcome"], registry=registry
        )
        self.reminders = Counter(
            "resupply_reminders", "Reminders by what became of them.", ["kind", "state"], registry=registry
        )
        self.requests = Counter("resupply_http_requests", "HTTP requests.", ["route", "status"], registry=registry)
        self.request_seconds = Histogram(
            "resupply_http_request_seconds",
            "Time of an HTTP request.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.cache = Counter("resupply_cache", "Questions by the level that answered.", ["level"], registry=registry)
        self.model_calls = Counter(
            "resupply_model_calls", "Requests to the model, tries included.", ["task", "outcome"], registry=registry
        )
        self.model_seconds = Histogram(
            "resupply_model_seconds", "Time of a request to the model.", ["task"], buckets=_SECONDS, registry=registry
        )
        self.model_tokens = Counter(
            "resupply_model_tokens", "Tokens that the model read and wrote.", ["direction"], registry=registry
        )
        self.model_cost = Counter("resupply_model_cost_usd", "What the model has cost.", registry=registry)
        self.model_breaker = Gauge(
            "resupply_model_breaker", "0 closed, 0.5 being tried, 1 open.", ["endpoint"], registry=registry
        )
        self.inbox_waiting = Gauge("resupply_inbox_waiting", "Messages that no turn has answered.", registry=registry)
        self.inbox_oldest = Gauge("resupply_inbox_oldest_seconds", "Age of the oldest of them.", registry=registry)
        self.outbox_depth = Gauge("resupply_outbox_depth", "Jobs still to do.", registry=registry)
        self.parked = Gauge("resupply_parked", "Messages and jobs set aside for a person.", registry=registry)

    def count_cache(self, level: str) -> None:
        """Count a question by the cache's level, or another of the cache's events."""
        self.cache.labels(level).inc()

    def show_breaker(self, endpoint: str, state: str) -> None:
        """Set an endpoint's gauge to its breaker's state: "closed", "half-opened" or "opened"."""
        self.model_breaker.labels(endpoint).set({"closed": 0, "half-opened": 0.5}.get(state, 1))

    def show_depths(self, depths: Depths) -> None:
        """Set the gauges to what the database says."""
        self.inbox_waiting.set(depths.inbox)
        self.inbox_oldest.set(depths.oldest_seconds)
        self.outbox_depth.set(depths.outbox)
        self.parked.set(depths.parked)

    def page(self) -> bytes:
        """The text that a Prometheus server reads."""
        return generate_latest(self.registry)
