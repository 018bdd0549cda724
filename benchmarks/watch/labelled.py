"""Real series with labelled anomalies: what is caught at the same rate of false openings, beside others."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.output import Result, progress
from benchmarks.watch.openings import FALSE_A_DAY, Rate, Watched, at_false_rate, bars_of
from benchmarks.watch.peers import RIVER, standardised, z_score
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.bank.bank import SeriesBank
from patternwatch.watch.members.members import Members

SOURCES = ("wsd", "aiops-kpi", "smd", "asd", "nab", "mscloud")
LEARNED_DAYS, JUDGED_DAYS = 7, 10
MIN_ROWS = 700
MIN_LEARNED_ROWS = 300
MAX_SERIES = 24
"""Of a source; every n-th one in the order of the index."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One series: the rows that are learned, then those that are judged (from `judged` on)."""

    source: str
    name: str
    values: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int8]
    judged: int
    period_s: int

    @property
    def a_day(self) -> float:
        """Rows of one day."""
        return 86_400 / self.period_s

    def watched(self, strength: npt.NDArray[np.float64]) -> Watched:
        """What a method says of it."""
        return Watched(strength, self.labels, self.judged, self.a_day)


def labelled(folder: Path, max_series: int = MAX_SERIES) -> tuple[Result, list[Result]]:
    """The figures, and a row for each source, of the series in this folder (`index.csv`, NAME.npz)."""
    rows = []
    for source in SOURCES:
        series = list(_series(folder, source, max_series))
        if not series:
            continue
        rates = {"watch": _of_the_bank(series), "z-score": _of_z(series), **_of_river(series)}
        row: Result = {"source": source, "series": len(series)}
        row |= {name: rate.caught for name, rate in rates.items()}
        row |= {"watch_bar": rates["watch"].bar, "watch_false": rates["watch"].false_a_day}
        rows.append(row)
        progress(str(row))
    mean = {name: float(np.mean([row[name] for row in rows])) for name in ("watch", "z-score", *RIVER)}
    best = max(mean[name] for name in RIVER)
    figures = {
        "caught": mean["watch"],
        "caught_over_river": mean["watch"] / best if best else None,
        "caught_over_z": mean["watch"] / mean["z-score"] if mean["z-score"] else None,
        "false_a_series_day": FALSE_A_DAY,
    }
    return figures, rows


def _series(folder: Path, source: str, max_series: int) -> Iterator[Labelled]:
    """The newest part of each series that has labels."""
    with (folder / "index.csv").open(encoding="utf-8") as file:
        index = [row for row in csv.DictReader(file) if row["dataset"] == source]
    index = [row for row in index if int(row["length"]) >= MIN_ROWS]
    data = np.load(folder / f"{source}.npz")
    values, labels = data["values"], data["labels"]
    for row in index[:: max(1, -(-len(index) // max_series))]:
        begin, length, period_s = int(row["offset"]), int(row["length"]), round(float(row["period_s"]))
        day = 86_400 // period_s
        judged = min(JUDGED_DAYS * day, length // 2)
        learned = min(LEARNED_DAYS * day, length - judged)
        if learned < MIN_LEARNED_ROWS:
            learned = length - judged
        part = slice(begin + length - judged - learned, begin + length)
        yield Labelled(source, row["series_id"], values[part], labels[part], learned, period_s)


def _of_z(series: list[Labelled]) -> Rate:
    watched = [one.watched(z_score(one.values.astype(np.float64))) for one in series]
    return at_false_rate(watched, bars_of(watched))


def _of_river(series: list[Labelled]) -> dict[str, Rate]:
    """The best setting of each of River's three."""
    rates = {}
    for name, (drifts, settings) in RIVER.items():
        each = [
            at_false_rate(
                [
                    one.watched(drifts(standardised(one.values.astype(np.float64), one.judged), setting))
                    for one in series
                ],
                [1.0],
            )
            for setting in settings
        ]
        rates[name] = max(each, key=lambda rate: rate.caught)
    return rates


def _of_the_bank(series: list[Labelled]) -> Rate:
    """The product's bank, all series of one period at once."""
    periods = defaultdict[int, list[Labelled]](list)
    for one in series:
        periods[one.period_s].append(one)
    watched = [w for period_s, mine in periods.items() for w in _banked(mine, period_s)]
    return at_false_rate(watched, bars_of(watched))


def _banked(series: list[Labelled], period_s: int) -> list[Watched]:
    """Learn what comes before the judged part, then take row by row; all series end at the same time."""
    rows, step_ms = max(len(one.values) for one in series), 1000 * period_s
    values = np.full((len(series), rows), np.nan, np.float32)
    for place, one in zip(values, series, strict=True):
        place[rows - len(one.values) :] = one.values
    labels = [{"__name__": f"metric_{n}", "service": f"service-{n}"} for n in range(len(series))]
    derivation = [""] * len(series)
    members, bank = Members(AnalysisSettings(step_ms=step_ms), step_ms), SeriesBank(step_ms)
    slots, _ = members.place(labels, derivation)
    learned = rows - max(len(one.values) - one.judged for one in series)
    by_slot = np.full((len(members), rows), np.nan, np.float32)
    by_slot[slots] = values
    times = step_ms * np.arange(1, rows + 1, dtype=np.int64)
    for _ in bank.learn(times[:learned], values[:, :learned], slots, members):
        pass
    strength = np.zeros((len(members), rows))
    for row in range(learned, rows):
        lasting = bank.update(Columns(times[row : row + 1], by_slot[:, row : row + 1]), members)
        for found in (lasting, bank.brief):
            np.maximum.at(strength[:, row], found.slots, found.score.astype(np.float64))
    return [
        one.watched(strength[slot, rows - len(one.values) :])
        for one, slot in zip(series, slots.tolist(), strict=True)
    ]
