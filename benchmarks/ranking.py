"""How often is the cause on top? `python -m benchmarks.ranking DIR [--json]`.

DIR holds incident bundles with known causes, in sub-folders that name a setting. Each is judged as
`patternwatch analyze FILE` judges it: the same rows, the same functions, the shipped model. For every
setting and source: AC@1 and AC@3 (the share of incidents with a true service, or series, among the first 1
or 3), Avg@5 (the mean of AC@1 .. AC@5) and the median time of one analysis without fetching. The simple
rankings beside it are given the same rows: the two-sample KS test, n-sigma and the robust z-score, each by
its strongest series of a service, SimpleRCA (the service with most series over a threshold, see
`simple_rca.py`), and BARO (package fse-baro; series whose baseline has no spread are
dropped).
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.incidents import Case, load
from benchmarks.output import Result, progress, run
from benchmarks.peers import Peer, installed
from benchmarks.rankings import METHODS, Method, Ranking, by_baro
from patternwatch.detectors import warm_up

PLACES = 5

Key: TypeAlias = tuple[str, str, str, str]
"""Setting, source, method, level (`service` or `series`)."""


def hits(ranked: Sequence[str], true: Iterable[str]) -> list[float]:
    """For each of the first five places: is a true one among those up to it?"""
    wanted = set(true)
    return [float(bool(wanted & set(ranked[: k + 1]))) for k in range(PLACES)]


def place(ranked: Sequence[str], true: Iterable[str]) -> int:
    """The place of the first true one, from 1 on; 0 where none is ranked.

    >>> place(["cart", "payment"], {"payment"})
    2
    """
    wanted = set(true)
    return next((k for k, name in enumerate(ranked, start=1) if name in wanted), 0)


def benchmark(arguments: argparse.Namespace) -> Result:
    """Rank every bundle under the folder by every method."""
    root = Path(arguments.folder)
    paths = sorted(root.rglob("*.parquet"))
    if not paths:
        raise SystemExit(f"there are no incident bundles (.parquet) under {root}")
    warm_up()
    if not arguments.without_peers and installed():
        with Peer("peer_baro.py") as baro:
            tally = _rank_all(paths, root, METHODS | {"baro": by_baro(baro)})
    else:
        tally = _rank_all(paths, root, METHODS)
    rows = [_row(key, np.array(tally.found[key]), tally.spent[key]) for key in sorted(tally.found)]
    rows += _macro(rows)
    figures = {
        f"{row['method']}_{row['setting']}_{name}": row[name]
        for row in rows
        if row["source"] == "macro" and row["level"] == "service" and row["method"] in ("ours", "baro")
        for name in ("ac1", "avg5")
    }
    settings = {"incidents": len(paths)}
    return {"figures": figures, "results": rows, "places": tally.places, "settings": settings}


@dataclass
class _Tally:
    """What is collected over all incidents.

    found   of each key and incident: 1.0 where a true cause is among the first 1 .. 5, else 0.0
    spent   of each key and incident: milliseconds
    places  of each incident's file: the place of its first true service in the product's report, 0 for none
    """

    found: dict[Key, list[list[float]]] = field(default_factory=lambda: defaultdict(list))
    spent: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    places: dict[str, int] = field(default_factory=dict)

    def add(self, case: Case, method: str, ranking: Ranking, ms: float) -> None:
        """Count one ranking of an incident whose cause is known."""
        for level, ranked, true in (
            ("service", ranking.services, case.services),
            ("series", ranking.series, case.series),
        ):
            if true:
                key = (case.setting, case.source, method, level)
                self.found[key].append(hits(ranked, true))
                self.spent[key].append(ms)


def _rank_all(paths: Sequence[Path], root: Path, methods: Mapping[str, Method]) -> _Tally:
    tally = _Tally()
    for number, path in enumerate(paths, start=1):
        case = load(path, root)
        for method, rank in methods.items():
            started = time.perf_counter()
            ranking = rank(case)
            tally.add(case, method, ranking, ranking.ms or 1000 * (time.perf_counter() - started))
            if method == "ours" and case.services:
                tally.places[path.relative_to(root).as_posix()] = place(ranking.services, case.services)
        if number % 50 == 0:
            progress(f"{number} of {len(paths)} incidents")
    return tally


def _row(key: Key, places: npt.NDArray[np.float64], milliseconds: list[float]) -> Result:
    setting, source, method, level = key
    return {
        "setting": setting,
        "source": source,
        "method": method,
        "level": level,
        "ac1": float(places[:, 0].mean()),
        "ac3": float(places[:, 2].mean()),
        "avg5": float(places.mean()),
        "n": len(places),
        "ms": float(np.median(milliseconds)),
    }


def _macro(rows: list[Result]) -> list[Result]:
    """The mean over sources, so that a source with many incidents does not drown the others."""
    groups: dict[tuple[str, str, str], list[Result]] = defaultdict(list)
    for row in rows:
        if not row["source"].endswith("(no trace)"):
            groups[row["setting"], row["method"], row["level"]].append(row)
    return [
        {"setting": setting, "source": "macro", "method": method, "level": level}
        | {name: float(np.mean([row[name] for row in group])) for name in ("ac1", "ac3", "avg5")}
        | {"n": sum(row["n"] for row in group), "ms": float(np.mean([row["ms"] for row in group]))}
        for (setting, method, level), group in sorted(groups.items())
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--without-peers", action="store_true", help="leave BARO out, which takes seconds a case"
    )
    parser.add_argument("folder", help="folder of incident bundles, searched recursively")
    run(benchmark, parser)


if __name__ == "__main__":
    main()
