"""BARO's root cause ranking (package fse-baro) as a filter: windows on stdin, rankings on stdout.

Runs in the peers' environment (`make .setup/peers`), which has none of our packages. A window is the
length of an npz file (8 bytes, lowest first) and the file: `values` of shape (N, T) and `split`. The answer
is a JSON line: `ranks`, rows of `values`, the likeliest cause first, and `ms` that the package took.
Source: L. Pham et al., "BARO: Robust Root Cause Analysis for Microservices via Multivariate Bayesian
Online Change Point Detection" (FSE 2024).
"""

import io
import json
import sys
import time

import numpy as np
import numpy.typing as npt
import pandas as pd
from baro.root_cause_analysis import robust_scorer


def main() -> None:
    """Answer until stdin ends."""
    while head := sys.stdin.buffer.read(8):
        with np.load(io.BytesIO(sys.stdin.buffer.read(int.from_bytes(head, "little")))) as window:
            split, values = int(window["split"]), window["values"]
        rows = {f"row{i}": row for i, row in enumerate(values) if _has_spread(row[:split])}
        frame = pd.DataFrame({name: _without_gaps(row, split) for name, row in rows.items()})
        frame["time"] = np.arange(values.shape[1])
        started = time.perf_counter()
        ranks = robust_scorer(frame, inject_time=split)["ranks"]
        spent = 1000 * (time.perf_counter() - started)
        sys.stdout.write(json.dumps({"ranks": [int(name[3:]) for name in ranks], "ms": spent}) + "\n")
        sys.stdout.flush()


def _has_spread(baseline: npt.NDArray[np.float64]) -> bool:
    """Whether the package can judge a series: it divides by the baseline's interquartile range."""
    known = baseline[~np.isnan(baseline)]
    return len(known) > 0 and bool(np.subtract(*np.percentile(known, [75, 25])) > 0)


def _without_gaps(row: npt.NDArray[np.float64], split: int) -> npt.NDArray[np.float64]:
    return np.where(np.isnan(row), np.nanmedian(row[:split]), row)


if __name__ == "__main__":
    main()
