"""From what a run left to a verdict: `pass`, `fail`, or `unknown` where the faults did not do their work."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.faults import check, marks
from benchmarks.faults.memory import slope_mb_h
from benchmarks.faults.run import Outcome
from benchmarks.faults.schedule import Planned
from benchmarks.output import Result
from patternwatch.contracts.topics import ALERTS, REQUESTS, SHARD_RESULTS, SHARDS, TICKS

EXIT_CODES = {"pass": 0, "fail": 1, "unknown": 2}
_CONSUMED = tuple(topic.name for topic in (ALERTS, REQUESTS, SHARDS, SHARD_RESULTS, TICKS))
_SHOWN = 20


@dataclass(frozen=True)
class Checked:
    """What the check found, and which marks were reached."""

    findings: list[check.Finding]
    told_partial: int
    reached: set[str]
    expected: list[marks.Mark]

    @property
    def missing(self) -> list[str]:
        """Marks that were to be expected and were not reached."""
        return [mark.name for mark in self.expected if mark.name not in self.reached]

    @property
    def verdict(self) -> str:
        """One of EXIT_CODES: what was found counts more than what was not reached."""
        return "fail" if self.findings else "unknown" if self.missing else "pass"


def checked(outcome: Outcome, planned: Sequence[Planned], length_s: float) -> Checked:
    """Hold the ledger against what can be seen."""
    entries, topics, lab = outcome.lab.ledger.entries(), outcome.topics, outcome.lab
    wrong, told = check.wrong(outcome.visible, outcome.truth, check.fault_times(entries, "source_"))
    findings = [
        *check.lost(entries, outcome.visible),
        *check.alerts_lost(entries, outcome.alerts),
        *check.alerts_apart(outcome.alerts),
        *check.unexpected(entries, outcome.visible),
        *check.duplicates(topics.published, outcome.looked_at),
        *wrong,
        *check.never_whole(entries, outcome.visible),
        *check.poison_lost(entries, topics.dead_letters, _CONSUMED),
        *(
            check.Finding("not_stopped", "", f"{name}.{stop.start} ended {stop.seconds:.1f} s after SIGTERM")
            for name, member in lab.cluster.members.items()
            for stop in member.overdue()
        ),
    ]
    reached = (
        lab.reached
        | ({"sent_again"} if lab.proxy.sent_again else set())
        | marks.of_logs(marks.events_of(lab.cluster.folder), entries)
        | marks.of_topics(entries, topics.published, topics.results, topics.dead_letters)
    )
    kinds = {fault.kind for fault in planned}
    return Checked(findings, told, reached, marks.expected(kinds, length_s))


def result_of(outcome: Outcome, found: Checked) -> Result:
    """What the benchmark prints."""
    entries, lab = outcome.lab.ledger.entries(), outcome.lab
    counted = Counter(finding.kind for finding in found.findings)
    what = Counter(e["what"] for e in entries)
    waits = check.waits_s(entries, outcome.topics.published, outcome.healed_at)
    slopes = {name: slope_mb_h(samples) for name, samples in outcome.memory.samples.items()}
    known = [slope for slope in slopes.values() if slope is not None]
    stops = [stop.seconds for member in lab.cluster.members.values() for stop in member.stops]
    begun = Counter(e["kind"] for e in entries if e["what"] == "fault")
    rows: list[dict[str, Any]] = [{"fault": kind, "times": n} for kind, n in sorted(begun.items())]
    mark_rows = [
        {"mark": mark.name, "reached": mark.name in found.reached, "what": mark.text}
        for mark in marks.MARKS
        if mark in found.expected or mark.name in found.reached
    ]
    return {
        "verdict": found.verdict,
        "figures": {
            **{
                k: counted[k]
                for k in (
                    "lost",
                    "unexpected",
                    "duplicates",
                    "wrong",
                    "never_whole",
                    "poison_lost",
                    "not_stopped",
                )
            },
            "requests": what["attempt"] + what["alert"],
            "acknowledged": what["acknowledged"] + what["alert_acknowledged"],
            "analyses": what["attempt"],
            "faults": begun.total(),
            "partial_by_source": found.told_partial,
            "p99_after_heal_s": float(np.percentile(waits, 99)) if waits else None,
            "slope_mb_h": max(known) if known else None,
            "stop_max_s": max(stops, default=None),
            "marks_reached": len(found.reached),
            "marks_missing": len(found.missing),
        },
        "results": rows,
        "more": [
            mark_rows,
            [asdict(f) for f in found.findings[:_SHOWN]],
            [{"process": n, "mb_h": s} for n, s in slopes.items() if s is not None],
            [
                {
                    "process": name,
                    "starts": m.starts,
                    "ended by itself with": str(m.ended_by_itself),
                    "told to end": len(m.stops),
                    "by its own deadline": sum(stop.code == 1 for stop in m.stops),
                }
                for name, m in lab.cluster.members.items()
            ],
        ],
    }
