"""Evaluations with stated figures, for tests of what is said of them."""

from collections.abc import Sequence

import numpy as np

from patternwatch.analysis.entities.entities import Entity, Ranked
from patternwatch.analysis.identity.subject import subject_of
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.ranking.request_candidates import Candidates
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.analysis.scoring.limits_reached import Limits
from patternwatch.analysis.scoring.scores import ScoreBreakdown
from patternwatch.contracts.shard_results import Candidate
from patternwatch.detectors import Detection
from patternwatch.detectors.base import Vector
from tests.analysis.incidents import ROWS, SPLIT


def evaluation(
    entities: Sequence[str] = ("cart",),
    ranked: Sequence[tuple[float, tuple[int, ...]]] = ((2.0, (0,)),),
    expected: Sequence[Sequence[float] | None] | None = None,
    category: str = "cpu",
    onset: int = SPLIT,
    **figures: Sequence[float],
) -> OnsetEvaluation:
    """N candidates of these entities, each of which rose from 10 to 50 at the onset unless `figures` differ.

    The first value of the i-th is i, so that a stand-in for the shape model can tell them apart.

    ranked    score and members of each entity, the likeliest first
    expected  the expected movement of each candidate, None for one that the earlier window lacks
    """

    def of(name: str, usual: float) -> Vector:
        return np.array(figures.get(name, [usual] * len(entities)), dtype=np.float64)

    rows = np.arange(ROWS)
    moved_at, median, peak = of("moved_at", onset), of("median", 10.0), of("peak", 50.0)
    values = np.where(rows >= moved_at[:, None], peak[:, None], median[:, None])
    values[:, 0] = np.arange(len(entities))
    found = [Entity(name, "service") for name in entities]
    candidates = [
        Candidate(
            labels={"__name__": f"m{i}_usage", "service": name},
            derivation="rate",
            category=category,
            screening_score=2.0,
            values=values[i].astype(np.float32),
            expected=None if own is None else np.array(own, np.float32),
        )
        for i, (name, own) in enumerate(zip(entities, expected or [None] * len(entities), strict=True))
    ]
    change, residual = of("change", 2.0), of("residual", 2.0)
    return OnsetEvaluation(
        series=Candidates(
            candidates=candidates,
            ids=[f"id{i}" for i in range(len(entities))],
            entities=found,
            categories=[category] * len(entities),
            families=[f"rate(m{i}_usage)" for i in range(len(entities))],
            values=values,
            subjects=[subject_of(c.labels) for c in candidates],
            residual=values,
            limits=Limits.unknown(len(values)),
            past=np.zeros(values.shape, dtype=bool),
        ),
        onset=onset,
        moved=DeviationStats(
            median=median,
            spread=of("spread", 2.0),
            peak=peak,
            distance=of("distance", 40.0),
            usual=of("usual", 40.0),
            onset=moved_at.astype(np.intp),
            opposite=of("opposite", 0.0),
        ),
        begun=of("begun", 0.0).astype(np.int64) if "begun" in figures else moved_at.astype(np.int64),
        change=Detection(change, change >= 1.0),
        residual=Detection(
            residual,
            residual >= 1.0,
            {
                "step ratio": 2 * residual,
                "level ratio": 3 * residual,
                "moves": np.full(len(residual), 99.0),
                "points": np.full(len(residual), 240.0),
            },
        ),
        breakdown=ScoreBreakdown(
            scale=of("scale", 2.0),
            size=of("size", 3.0),
            early=of("early", 1.0),
            category=of("weight", 1.0),
            normal=of("normal", 1.0),
            traffic=of("traffic", 1.0),
            chance=of("chance", 1.0),
        ),
        ranked=[Ranked(found[members[0]], score, members) for score, members in ranked],
    )
