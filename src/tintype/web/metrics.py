"""Numbers about the service in the form that Prometheus reads."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.01, 0.03, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)


class Metrics:
    """waiting: how many pieces of work wait or run; opened: how many photographs are open."""

    def __init__(self, waiting: Callable[[], float], opened: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "tintype_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "tintype_request_seconds",
            "Time to the whole answer.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._bytes = Counter(
            "tintype_bytes", "Bytes of bodies.", ["direction"], registry=self.registry
        )
        Gauge(
            "tintype_waiting", "Requests that wait or are worked on.", registry=self.registry
        ).set_function(waiting)
        Gauge("tintype_photos", "Photographs that are open.", registry=self.registry).set_function(
            opened
        )

    def add(
        self, method: str, route: str, status: int, seconds: float, received: int, sent: int
    ) -> None:
        """Count one request. route: its template, never the path itself."""
        self._requests.labels(
            method if method in ("GET", "HEAD", "POST", "DELETE") else "other", route, str(status)
        ).inc()
        self._seconds.labels(route).observe(seconds)
        self._bytes.labels("in").inc(received)
        self._bytes.labels("out").inc(sent)

    def text(self) -> bytes:
        """All numbers, as text."""
        return generate_latest(self.registry)
