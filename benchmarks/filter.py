"""False flags and caught anomalies of every detector on labelled windows, at its own threshold.

    python -m benchmarks.filter WINDOWS.npz [--json]

WINDOWS.npz holds `values` (n, T) with NaN for gaps, `split` (the first current row), `anomalous` 0/1 and
`source`. Sources differ in size, so the figures are means over sources.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.output import Result, progress, run
from patternwatch.detectors import CHANGE, DETECTORS


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("windows", type=Path)
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    with np.load(arguments.windows, allow_pickle=False) as data:
        values = data["values"].astype(np.float64)
        split = int(np.asarray(data["split"]).flat[0])
        anomalous = data["anomalous"].astype(bool)
        source = data["source"].astype(str)
    figures: dict[str, float] = {}
    rows: list[dict[str, object]] = []
    for detector in DETECTORS:
        flagged = detector(values, split).flagged
        name = "ours" if detector is CHANGE else detector.name
        found = {
            s: (
                float(flagged[(source == s) & ~anomalous].mean()),
                float(flagged[(source == s) & anomalous].mean()),
            )
            for s in np.unique(source)
        }
        macro = np.mean(list(found.values()), axis=0)
        key = name.lower().replace(" ", "_").replace("-", "_")
        figures |= {f"{key}_false_flags": float(macro[0]), f"{key}_caught": float(macro[1])}
        for s, (false_flags, caught) in [*found.items(), ("macro", (float(macro[0]), float(macro[1])))]:
            rows.append(
                {"detector": name, "source": s, "at": "shipped", "false_flags": false_flags, "caught": caught}
            )
        progress(f"{name}: {macro[0]:.4f} false flags, {macro[1]:.3f} caught")
    return {"figures": figures, "results": rows, "settings": {"windows": len(values)}}


if __name__ == "__main__":
    main()
