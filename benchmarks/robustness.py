"""Is the same cause first where it was recorded otherwise? `python -m benchmarks.robustness DIR [DIR ...]`.

Every DIR holds incident bundles with known causes. Each is judged as `patternwatch analyze` judges it, as it
was recorded and as it might have been as well (`perturbed.py`), by what leaves the cause what it is:

dropped   a random fifth of the series was not scraped (never all that tell of the cause)
sooner    the alert came two rows sooner
later     the alert came two rows later
renamed   services have other names, in every label that tells one
coarser   every second sample was taken
crowded   1,000 unrelated series stand beside it: fifty services, twenty metrics of AR(1) noise each
rescaled  latencies are told in a unit a thousand times as small

A row is a data set: `ac1` of its n incidents as recorded, the share with a true service first, and by how
much that differs under each of these; `macro` is the mean of the data sets that leave a trace in metrics.
`ece` is how far the chance that all these reports say is off, `recorded_ece` that of the recordings alone: no
window is quiet here, so that both lie above that of `python -m benchmarks.confidence`. `high_right` is the
share that is right of those called high. What goes by chance (`BY_CHANCE`) is tried with `--seeds` seeds and
averaged: what a fifth of the series leaves moves a figure by some .04 from one to the next. `--only NAME`
tries that one alone: `--only crowded` over bundles whose alerts come late says how late alerts do among many
series where the recording still holds what was normal. `--reports FILE` keeps what each report said.
"""

import argparse
import json
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.incidents import judge, load
from benchmarks.logistic import ece
from benchmarks.output import Result, progress, run
from benchmarks.perturbed import BY_CHANCE, PERTURBATIONS
from patternwatch.cortex.bundle import read_bundle, write_bundle
from patternwatch.detectors import warm_up

RECORDED = "recorded"


@dataclass(frozen=True)
class Answer:
    """What one report said: its first entities, whether the first one is a true cause, how sure it was."""

    name: str
    source: str
    perturbation: str
    right: bool
    chance: float
    is_high: bool
    entities: list[tuple[str, float]]


def benchmark(arguments: argparse.Namespace) -> Result:
    """Judge every bundle as recorded and under every perturbation, or those that are asked for."""
    warm_up()
    names = list(dict.fromkeys(arguments.only or PERTURBATIONS))
    answers = []
    for answer in _answers(arguments.folders, arguments.seeds, names):
        answers.append(answer)
        if len(answers) % 200 == 0:
            progress(f"{len(answers)} judged")
    if not answers:
        raise SystemExit(f"there are no bundles with a known cause under {', '.join(arguments.folders)}")
    if arguments.reports:
        lines = [json.dumps(asdict(answer)) + "\n" for answer in answers]
        Path(arguments.reports).write_text("".join(lines))
    rows = [_row(source, answers, names) for source in sorted({answer.source for answer in answers})]
    rows.append(_macro(rows, names))
    high = [answer.right for answer in answers if answer.is_high]
    figures = {f"macro_{name}": rows[-1][name] for name in ("ac1", *names)} | {
        "ece": _ece(answers),
        "recorded_ece": _ece([answer for answer in answers if answer.perturbation == RECORDED]),
        "high": len(high),
        "high_right": float(np.mean(high)) if high else None,
    }
    return {
        "figures": figures,
        "results": rows,
        "settings": {"reports": len(answers), "seeds": arguments.seeds},
    }


def _answers(folders: Sequence[str], seeds: int, names: Collection[str]) -> Iterator[Answer]:
    for folder in map(Path, folders):
        for number, path in enumerate(sorted(folder.rglob("*.parquet"))):
            incident, series = read_bundle(path)
            if not incident.truth or not incident.truth.services:
                continue
            yield _answer(path, folder, RECORDED)
            for kind, (name, perturbed) in enumerate(PERTURBATIONS.items()):
                if name not in names:
                    continue
                for seed in range(seeds if name in BY_CHANCE else 1):
                    other = perturbed(incident, series, np.random.default_rng((seed, number, kind)))
                    with tempfile.TemporaryDirectory() as temporary:
                        written = Path(temporary) / path.name
                        write_bundle(written, *other)
                        yield _answer(written, Path(temporary), name)


def _answer(path: Path, root: Path, perturbation: str) -> Answer:
    case = load(path, root)
    report = judge(case).report
    ranked = [(entity.entity, entity.score) for entity in report.entities[:5]]
    right = bool(ranked) and ranked[0][0] in case.services
    is_high = report.how_sure == "high"
    return Answer(path.stem, case.source, perturbation, right, report.confidence or 0.0, is_high, ranked)


def _ece(answers: Sequence[Answer]) -> float:
    right = np.array([answer.right for answer in answers], dtype=np.float64)
    return ece(np.array([answer.chance for answer in answers]), right)


def _row(source: str, answers: Sequence[Answer], names: Sequence[str]) -> Result:
    own = [answer for answer in answers if answer.source == source]
    right = {
        name: [answer.right for answer in own if answer.perturbation == name] for name in (RECORDED, *names)
    }
    ac1 = float(np.mean(right[RECORDED]))
    differences = {name: float(np.mean(right[name])) - ac1 for name in names}
    return {"source": source, "n": len(right[RECORDED]), "ac1": ac1, **differences}


def _macro(rows: Sequence[Result], names: Sequence[str]) -> Result:
    traced = [row for row in rows if not row["source"].endswith("(no trace)")]
    means = {name: float(np.mean([row[name] for row in traced])) for name in ("ac1", *names)}
    return {"source": "macro", "n": sum(row["n"] for row in traced), **means}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3, help="of what is dropped, of names, of the crowd")
    parser.add_argument(
        "--only", action="append", choices=PERTURBATIONS, help="try this one alone; may be given again"
    )
    parser.add_argument("--reports", help="file of what each report said, a JSON object a line")
    parser.add_argument("folders", nargs="+", help="folders of incident bundles, searched recursively")
    run(benchmark, parser)


if __name__ == "__main__":
    main()
