"""Draw how recorded incidents are read: `python -m benchmarks.pictures [NAME ...]`, into docs/images.

A picture shows the votes of all series with the alert and the found onset, and the first ranked series.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.incidents import Case, judge, load
from benchmarks.output import progress
from patternwatch.analysis.ranking.best_onset import evaluate_onsets
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation

ROOT = Path(__file__).resolve().parents[1]
INCIDENTS = ROOT / "examples" / "incidents"
IMAGES = ROOT / "docs" / "images"
SHOWN = ("catalogue-cpu-hog", "redis-eviction", "payment-error-burst")
SERIES = 6
_ALERT, _ONSET, _LINE, _VOTES = "#8a8f98", "#d64545", "#2b6cb0", "#4a5568"


def main() -> None:
    """Draw each incident."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", default=SHOWN)
    for name in parser.parse_args().names:
        case = load(INCIDENTS / f"{name}.parquet", INCIDENTS)
        results = judge(case).results
        evaluation = evaluate_onsets(case.window, results, case.settings)
        votes = np.sum([result.votes for result in results], axis=0) / 1000.0
        path = IMAGES / f"method-{name}.png"
        draw(case, votes, evaluation).savefig(path, dpi=110)
        progress(f"wrote {path.relative_to(ROOT)}")


def draw(case: Case, votes: npt.NDArray[np.float64], evaluation: OnsetEvaluation) -> Figure:
    """The votes above, the strongest series of the first entities below."""
    chosen = [i for ranked in evaluation.ranked[:SERIES] for i in ranked.members[:2]]
    chosen = sorted(chosen, key=lambda i: -evaluation.scores[i])[:SERIES]
    figure = Figure(figsize=(9, 1.6 + 0.85 * len(chosen)), layout="constrained")
    axes = figure.subplots(
        len(chosen) + 1, 1, sharex=True, height_ratios=[1.6, *[1.0] * len(chosen)], squeeze=False
    )[:, 0]
    seconds = (case.batch.times - case.window.split_ms) / 1000.0
    axes[0].fill_between(seconds, votes, step="mid", color=_VOTES, linewidth=0)
    axes[0].set_ylabel("votes", fontsize=8)
    truth = ", ".join(sorted(case.services))
    axes[0].set_title(f"{case.incident.name}: the cause is {truth}", fontsize=10, loc="left")
    for place, i in enumerate(chosen, start=1):
        candidate = evaluation.series.candidates[i]
        axes[place].plot(seconds, evaluation.series.values[i], color=_LINE, linewidth=0.9)
        name = f"{evaluation.series.entities[i].name}: {candidate.labels['__name__']} {candidate.derivation}"
        axes[place].set_title(f"{place}. {name}   {evaluation.scores[i]:.2f}", fontsize=8, loc="left", pad=2)
        axes[place].set_yticks([])
    for each in axes:
        _mark(each, seconds[evaluation.onset])
    axes[0].legend(fontsize=7, frameon=False, loc="upper left")
    axes[-1].set_xlabel("seconds from the alert", fontsize=8)
    return figure


def _mark(axes: Axes, onset_s: float) -> None:
    axes.axvline(0.0, color=_ALERT, linewidth=1.0, linestyle=":", label="alert")
    axes.axvline(onset_s, color=_ONSET, linewidth=1.0, label="found onset")
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.01)


if __name__ == "__main__":
    main()
