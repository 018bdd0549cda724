"""What do messages that are nearly ours do? `python -m benchmarks.mutated_messages [--messages N] [--json]`.

So many mutated messages are put on every topic, with good requests between them. Agents, consumers, stores,
the API's feed and its database are the product's own, in this process, over topics in memory: Kafka adds
nothing to how a record is read. `python -m benchmarks.faults --kinds poison` does the same on a real Kafka.

mutants_lost     mutated messages that ended an agent, the feed or a store, that were never ended, or good
                 requests among them without a report that can be read
good             good requests among them
dead_letters     of mutated messages, on the topics that agents consume
rejected         of mutated messages, by the API's feed
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import structlog

from benchmarks.faults.in_process import MemoryFeed, MemoryTopics, MemoryWorker, memory_feed
from benchmarks.faults.mutations import mutated
from benchmarks.output import Result, progress, run
from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.api.role import API_ROLE
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.labelled_examples import make_labelled_example
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings, WatchSettings
from patternwatch.contracts.ticks import Tick
from patternwatch.contracts.topics import (
    ALERTS,
    DEAD_LETTERS,
    LABELLED_EXAMPLES,
    REPORTS,
    REQUESTS,
    TICKS,
    TOPICS,
    WATCH_DEFINITIONS,
    WATCH_STATES,
    WATCHES,
    Topic,
)
from patternwatch.contracts.watch_states import WatchState
from patternwatch.contracts.watches import make_watch
from patternwatch.streams.clock import now_ms
from patternwatch.streams.settings import WorkerSettings
from patternwatch.streams.state.models import first_model

TENANT, WATCH = "lab", "shop"
BATCH = 250
"""Mutated messages between two good requests."""
STUCK_S = 300.0
ANALYSIS = AnalysisSettings(max_alert_age_s=1e9, findings=5, drift_findings=0, shard_series=3)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=10_000, help="mutated ones on each topic")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--topics", nargs="*", help="names of topics; all by default")
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    topics = [t for t in TOPICS if not arguments.topics or t.name in arguments.topics]
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(mutants(Path(folder), topics, arguments.messages, arguments.seed))


async def mutants(folder: Path, topics: list[Topic], count: int, seed: int) -> Result:
    """Put so many mutated messages on each of these topics, and tell what they did."""
    stuck = _count_events("record.stuck")
    watch = WatchSettings(name=WATCH, tenant=TENANT, selector='{__name__=~".+"}')
    settings = WorkerSettings(tenants=(TenantSettings(id=TENANT),), watches=(watch,), analysis=ANALYSIS)
    memory = MemoryTopics()
    worker = MemoryWorker(settings, memory, first_model(""))
    async with memory_feed(folder, memory, ApiSettings(tenants=settings.tenants)) as feed:
        examples = await _examples(worker)
        good, rows = [], []
        for topic in topics:
            values = await asyncio.to_thread(mutated, examples[topic.name][1], count, seed)
            before = len(memory.records[DEAD_LETTERS.name]), _rejected(feed)
            for first in range(0, count, BATCH):
                batch = [(examples[topic.name][0], value) for value in values[first : first + BATCH]]
                request = _request(f"good-{topic.name}-{first}")
                good.append(request.request_id)
                memory.records[topic.name] += batch[: BATCH // 2]
                await memory.publish(REQUESTS, request)
                memory.records[topic.name] += batch[BATCH // 2 :]
                await _worked(worker)
                if topic in API_ROLE.consumes:
                    await feed.carry(topic, batch)
            letters = len(memory.records[DEAD_LETTERS.name]) - before[0]
            rows.append(
                {"topic": topic.name, "dead letters": letters, "rejected": _rejected(feed) - before[1]}
            )
            progress(f"{topic.name}: {count} mutated, {letters} dead letters")
        await feed.carry(REPORTS, memory.records[REPORTS.name])
        missing = await _without_report(feed, good)
    problems = [*worker.escaped, *feed.crashed, *(f"no report of {name}" for name in missing)]
    return {
        "figures": {
            "mutants_lost": len(problems) + stuck["record.stuck"],
            "good": len(good),
            "dead_letters": sum(row["dead letters"] for row in rows),
            "rejected": sum(row["rejected"] for row in rows),
        },
        "results": rows,
        "more": [[{"problem": text} for text in problems[:20]]],
        "settings": {"messages": count, "seed": seed},
    }


async def _worked(worker: MemoryWorker) -> None:
    try:
        async with asyncio.timeout(STUCK_S):
            await worker.work()
    except TimeoutError:
        worker.escaped.append(f"a batch was not worked on within {STUCK_S:g} s")


async def _examples(worker: MemoryWorker) -> dict[str, tuple[bytes | None, bytes]]:
    """Key and value of a message of every topic: what an alert, a request and a tick lead to."""
    topics, at_ms = worker.topics, now_ms()
    labels = {"alertname": "HighLatency", "cluster": "shop"}
    alert = Alert(
        tenant=TENANT, fingerprint="f1", status="firing", labels=labels, starts_at_ms=at_ms - 3_600_000,
        received_at_ms=at_ms,
    )  # fmt: skip
    await topics.publish(ALERTS, alert)
    await topics.publish(TICKS, Tick(tenant=TENANT, watch=WATCH, at_ms=at_ms))
    await topics.publish(REQUESTS, _request("first"))
    await topics.send(REQUESTS, b"k", b"no message")
    await worker.work()
    report = decode(topics.records[REPORTS.name][-1][1], REPORTS.message)
    points = report.findings[0].points  # type: ignore[attr-defined]
    await topics.publish(
        LABELLED_EXAMPLES, make_labelled_example(TENANT, "batch", points, 240, labelled_at_ms=1)
    )
    episode = Episode(
        tenant=TENANT, watch="other", cause="cart", report_id="e1", opened_ms=0, last_seen_ms=1,
        open=True,
    )  # fmt: skip
    await topics.publish(WATCHES, episode)
    await topics.publish(WATCH_DEFINITIONS, make_watch(TENANT, "made", '{__name__=~".+"}', paused=True))
    state = WatchState(tenant=TENANT, watch="made", at_ms=at_ms, condition="paused")
    await topics.publish(WATCH_STATES, state)
    found: dict[str, tuple[bytes | None, bytes]] = {}
    for topic in TOPICS:
        found[topic.name] = next((k, v) for k, v in reversed(topics.records[topic.name]) if v is not None)
    assert decode(found[DEAD_LETTERS.name][1], DeadLetter).topic.endswith(REQUESTS.name)
    found[REQUESTS.name] = (b"k", encode(_request("first")))
    return found


def _request(request_id: str) -> AnalysisRequest:
    at_ms = 1_760_000_010_000
    return request_for_selector(
        TENANT, '{__name__=~".+"}', at_ms, None, request_id, ANALYSIS, at_ms + 3_600_000, request_id
    )


async def _without_report(feed: MemoryFeed, request_ids: list[str]) -> list[str]:
    missing = []
    for request_id in request_ids:
        try:
            await feed.context.read_model.report(TENANT, request_id)
        except Exception:  # noqa: BLE001 - whatever keeps it from being read
            missing.append(request_id)
    return missing


def _rejected(feed: MemoryFeed) -> int:
    metric = feed.context.metrics.feed_rejected
    return round(sum(s.value for m in metric.collect() for s in m.samples if s.name.endswith("_total")))


def _count_events(*names: str) -> Counter[str]:
    """Count these events from now on, and print none: there is one for each dead letter."""
    counts: Counter[str] = Counter()

    def count(_logger: Any, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        if event["event"] in names:
            counts[event["event"]] += 1
        raise structlog.DropEvent

    structlog.configure(processors=[count], cache_logger_on_first_use=False)
    return counts


if __name__ == "__main__":
    main()
