"""After the last fault: until all that was promised can be read and is whole, or it takes too long."""

import asyncio

import httpx

from benchmarks.faults.check import Seen, ShownAlert, alerts_lost
from benchmarks.faults.lab import Lab
from benchmarks.faults.observe import ApiObserver, TopicObserver
from benchmarks.output import progress

DRAIN_S = 240.0
READ_S = 40.0
"""Of the time to drain, for what stands on the topic to reach the API."""


async def drain(
    lab: Lab, api: ApiObserver, topics: TopicObserver
) -> tuple[bool, list[Seen], list[ShownAlert]]:
    """Wait until all that was promised can be read and is whole, or it takes too long; then what can be read.

    What failed or is partial is tried again after a minute or two.
    """
    entries = lab.ledger.entries()
    promised = {e["id"] for e in entries if e["what"] == "acknowledged"}
    loop = asyncio.get_running_loop()
    until = loop.time() + DRAIN_S
    visible: list[Seen] = []
    while loop.time() < until - READ_S:  # the topic first: the API's lists are long
        whole = {seen.attempt for seen in topics.published if seen.status == "complete"}
        if promised <= whole:
            break
        progress(f"{len(promised - whole)} of {len(promised)} without a whole report on the topic")
        await asyncio.sleep(2.0)
    alerts: list[ShownAlert] = []
    while loop.time() < until:
        try:
            visible, alerts = await api.all(), await api.alerts()
        except httpx.HTTPError as error:
            progress(f"the API does not answer: {error!r}")
        else:
            whole = {seen.attempt for seen in visible if seen.status == "complete"}
            waiting = len(alerts_lost(entries, alerts))
            if promised <= whole and not waiting:
                return True, visible, alerts
            progress(
                f"{len(promised - whole)} of {len(promised)} without a whole report at the API, "
                f"{waiting} alerts that lead to none"
            )
        await asyncio.sleep(2.0)
    return False, visible, alerts
