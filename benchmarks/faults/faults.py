"""Every kind of fault, and what brings it about."""

from collections.abc import Awaitable, Callable, Mapping

from benchmarks.faults.lab import Lab
from benchmarks.faults.other_faults import cut_connections, fail_source, fill_disk, lose_answers
from benchmarks.faults.poison import send_poison
from benchmarks.faults.process_faults import (
    kill_after_report,
    kill_broker,
    kill_in_rebalance,
    kill_process,
    rebalance,
    stop_broker,
    stop_worker,
    suspend,
)
from benchmarks.faults.schedule import Planned

FAULTS: Mapping[str, Callable[[Lab, Planned], Awaitable[None]]] = {
    "kill_worker": kill_process,
    "kill_api": kill_process,
    "kill_broker": kill_broker,
    "stop_worker": stop_worker,
    "stop_broker": stop_broker,
    "suspend": suspend,
    "kill_in_rebalance": kill_in_rebalance,
    "kill_after_report": kill_after_report,
    "rebalance": rebalance,
    "cut_connections": cut_connections,
    "lose_commit_answers": lose_answers,
    "lose_produce_answers": lose_answers,
    "source_503": fail_source,
    "source_429": fail_source,
    "source_slow": fail_source,
    "full_disk": fill_disk,
    "poison": send_poison,
}
"""By the name of its kind. Each does its harm for as long as is planned, heals it, and returns."""
