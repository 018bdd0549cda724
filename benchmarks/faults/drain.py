"""After the last fault: until all that was promised can be read and is whole, or it takes too long."""

import asyncio

import httpx

from benchmarks.faults.check import Seen
from benchmarks.faults.lab import Lab
from benchmarks.faults.observe import ApiObserver, TopicObserver
from benchmarks.output import progress

DRAIN_S = 240.0
READ_S = 40.0
"""Of the time to drain, for what stands on the topic to reach the API."""


async def drain(lab: Lab, api: ApiObserver, topics: TopicObserver) -> tuple[bool, list[Seen], list[str]]:
    """Wait until all that was promised can be read and is whole, or it takes too long; then what can be read.

    What failed or is partial is tried again after a minute or two.
    """
    promised = {e["id"] for e in lab.ledger.entries() if e["what"] == "acknowledged"}
    loop = asyncio.get_running_loop()
    until = loop.time() + DRAIN_S
    visible: list[Seen] = []
    while loop.time() < until - READ_S:  # the topic first: the API's lists are long
        whole = {seen.attempt for seen in topics.published if seen.status == "complete"}
        if promised <= whole:
            break
        progress(f"{len(promised - whole)} of {len(promised)} without a whole report on the topic")
        await asyncio.sleep(2.0)
    without: list[str] = []
    while loop.time() < until:
        try:
            visible, without = await api.all(), await api.alerts_without_report()
        except httpx.HTTPError as error:
            progress(f"the API does not answer: {error!r}")
        else:
            whole = {seen.attempt for seen in visible if seen.status == "complete"}
            if promised <= whole and not set(without) & promised:
                return True, visible, without
            progress(f"{len(promised - whole)} of {len(promised)} without a whole report at the API")
        await asyncio.sleep(2.0)
    return False, visible, without
