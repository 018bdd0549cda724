"""A real Prometheus that scrapes a made-up shop over the wall clock: an hour of its past, then what comes.

The shop says that it is a fake in the help of its first metric. Of the hour before it started the server
holds the same series, as a block that promtool makes, so that a watch finds its past.
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.filled_prometheus import SAMPLES, make_block, prometheus_over

Seconds = npt.NDArray[np.float64]

SERVICES = ("cart", "catalogue", "checkout", "mail", "orders", "payment", "search", "users")
PODS = 2
PAST_S = 3600
_NOISE = 0.08
"""Standard deviation of a gauge, as a part of its level."""


class Metric(NamedTuple):
    """A metric that every pod has.

    level  in quiet times; of a counter its growth in a second
    hurt   how many times as high that is while the service is hurt
    """

    name: str
    kind: str
    level: float
    hurt: float


METRICS = (
    Metric("http_request_latency_seconds", "gauge", 0.1, 6.0),
    Metric("http_request_errors_total", "counter", 0.5, 30.0),
    Metric("http_requests_total", "counter", 50.0, 1.0),
    Metric("process_cpu_ratio", "gauge", 0.3, 1.0),
    Metric("queue_length", "gauge", 20.0, 5.0),
)


class Trouble(NamedTuple):
    """One service is hurt from and until a time, both in seconds of the epoch."""

    begin_s: float
    end_s: float
    service: str

    def until(self, at_s: Seconds) -> Seconds:
        """How many seconds of it have passed at these times."""
        return np.clip(at_s - self.begin_s, 0.0, self.end_s - self.begin_s)


@dataclass
class Shop:
    """The services; `troubles` may be set at any time for the time to come."""

    begun_s: float
    troubles: list[Trouble] = field(default_factory=list)

    def text(self, at_s: float) -> str:
        """What it exposes at this time."""
        rows = [f"# HELP {METRICS[0].name} A made-up shop."]
        for metric in METRICS:
            rows.append(f"# TYPE {metric.name} {metric.kind}")
            for labels, value in self._series(metric, np.array([at_s])):
                rows.append(f"{metric.name}{{{labels}}} {value[0]!r}")
        return "\n".join(rows) + "\n"

    def past(self, at_s: Seconds, own_labels: str) -> Iterator[str]:
        """The lines of an OpenMetrics file of these times.

        own_labels  that the server adds to what it scrapes
        """
        for metric in METRICS:
            yield f"# TYPE {metric.name.removesuffix('_total')} {metric.kind}\n"
            for labels, values in self._series(metric, at_s):
                head = f"{metric.name}{{{labels},{own_labels}}}"
                yield from (f"{head} {v!r} {t}\n" for t, v in zip(at_s.tolist(), values, strict=True))
        yield "# EOF\n"

    def _series(self, metric: Metric, at_s: Seconds) -> Iterator[tuple[str, list[float]]]:
        for number in range(len(SERVICES) * PODS):
            service = SERVICES[number // PODS]
            own = [trouble for trouble in self.troubles if trouble.service == service]
            labels = f'cluster="shop",service="{service}",pod="{service}-{number % PODS}"'
            yield labels, self._values(metric, number, own, at_s).tolist()

    def _values(self, metric: Metric, number: int, own: list[Trouble], at_s: Seconds) -> Seconds:
        if metric.kind == "counter":
            hurt_s = sum((trouble.until(at_s) for trouble in own), np.zeros(len(at_s)))
            waves = 2.0 * np.sin(at_s / (5.0 + number))  # of a load that is never even
            seconds = at_s - self.begun_s + (metric.hurt - 1.0) * hurt_s + waves
            return np.asarray(np.floor(metric.level * seconds))
        hurt = np.any([(at_s >= one.begin_s) & (at_s < one.end_s) for one in own], axis=0)
        level = metric.level * np.where(hurt, metric.hurt, 1.0)
        noise = [np.random.default_rng([int(1000 * at), number]).normal() for at in at_s]
        return np.asarray(level * (1.0 + _NOISE * np.array(noise)))


@contextmanager
def live_prometheus(step_s: int) -> Iterator[tuple[str, Shop]]:
    """The address of a server that scrapes the shop every so many seconds, and the shop."""
    now_s = time.time() // step_s * step_s
    shop = Shop(now_s - 2 * PAST_S)
    with tempfile.TemporaryDirectory() as place, _exporter(shop) as target:
        folder = Path(place)
        own_labels = f'instance="{target}",job="shop"'
        with (folder / SAMPLES).open("w") as file:
            file.writelines(shop.past(np.arange(now_s - PAST_S, now_s, step_s), own_labels))
        make_block(folder)
        scraped = (
            f"global: {{scrape_interval: {step_s}s, scrape_timeout: {step_s}s}}\n"
            f"scrape_configs: [{{job_name: shop, static_configs: [{{targets: ['{target}']}}]}}]\n"
        )
        with prometheus_over(folder, scraped) as (url, _):
            yield url, shop


@contextmanager
def _exporter(shop: Shop) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = shop.text(time.time()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing of each scrape."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
