"""A storm of alerts leaves the event loop to people: few of them are handled at a time while one waits."""

import asyncio

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.codec import encode
from patternwatch.contracts.topics import ALERTS
from patternwatch.streams.agents.admission import MAX_CONCURRENT_ALERTS
from patternwatch.streams.agents.declarations import PLANNER
from patternwatch.streams.agents.planning.few_alerts import FEW
from patternwatch.streams.consumer.records import Record
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from tests.fakes.messages import a_request, an_alert
from tests.streams.agent_harness import AgentHarness

(SUBSCRIPTION,) = (s for s in PLANNER.subscriptions if s.topic is ALERTS)


async def test_few_alerts_are_handled_while_a_person_waits_and_many_after() -> None:
    harness, going, ended = AgentHarness(), list[asyncio.Event](), list[Alert]()
    handler = harness.alert_handler()
    assert SUBSCRIPTION.gate is not None

    async def work(alert: Alert) -> None:
        going.append(asyncio.Event())
        await going[-1].wait()
        ended.append(alert)

    consumer = TopicConsumer(
        ALERTS,
        work,
        harness.context,
        concurrency=MAX_CONCURRENT_ALERTS,
        place_of=SUBSCRIPTION.place_of,
        gate=SUBSCRIPTION.gate(handler),
    )
    person = a_request("by hand", trigger="manual")
    handler.under_way.planned(person, 2)
    for n in range(MAX_CONCURRENT_ALERTS):
        await consumer.take(Record("p.alerts", 0, n, None, encode(an_alert(fingerprint=f"f{n}"))))
    await settled()
    assert len(going) == FEW
    going[0].set()
    await settled()
    assert (len(ended), len(going)) == (1, FEW + 1), "they go on all the same"
    handler.under_way.ended(person)
    await settled()
    assert len(going) == MAX_CONCURRENT_ALERTS
    await consumer.cancel()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
