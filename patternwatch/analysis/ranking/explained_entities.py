"""What the trouble of each ranked entity follows, from its findings and the labels that all scans counted."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from patternwatch.analysis.identity.apart import POD
from patternwatch.analysis.identity.explanations import Explanation, explanation_of
from patternwatch.analysis.identity.label_shares import ChangedSeries
from patternwatch.analysis.identity.part_labels import explaining
from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.ranking.request_candidates import Candidates
from patternwatch.contracts.label_counts import FamilyLabels
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.subject import Key


def explained_entities(
    evaluation: OnsetEvaluation, results: Iterable[ShardResult], scope: Scope
) -> dict[str, Explanation]:
    """By the name of each ranked entity, what its trouble follows.

    evaluation  at the chosen onset
    results     successful results of the request's shards, in any order
    scope       names the entities of these results

    >>> from patternwatch.analysis.ranking.best_onset import evaluate_onsets
    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> scope = Scope([quiet], settings)
    >>> explained_entities(evaluate_onsets(request.window, [quiet], settings), [quiet], scope)
    {}
    """
    if not evaluation.ranked:
        return {}
    counted: dict[str, list[FamilyLabels]] = defaultdict(list)
    parts: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for result in results:
        for told in result.pod_parts:
            parts[scope.name_apart(Key(*told.entity), (POD, told.pod))][told.pod] = told.labels
        for one in result.label_counts:
            counted[scope.name_apart(Key(*one.entity), one.apart)].append(one)
    series, scores = evaluation.series, evaluation.scores
    # As scans counted: of three servers that tell of a database by the same name, one may hurt.
    by_labels = scope.read([candidate.labels for candidate in series.candidates])

    def labels_of(i: int) -> dict[str, str]:
        name = series.entities[i].name
        told = parts[name].get(series.subjects[i].pod, {})
        return told | dict(explaining(series.candidates[i].labels, by_labels[i].subject))

    found = {}
    for r in evaluation.ranked:
        name, own = r.entity.name, [i for i in r.members if i not in series.recorded.originals]
        tellers = () if name in counted else _tellers(series, own)
        found[name] = explanation_of(
            (
                ChangedSeries(
                    series.families[i],
                    {
                        label: value
                        for label, value in labels_of(i).items()
                        if not tellers or label != r.entity.label  # all of them have it
                    },
                    float(scores[i]),
                )
                for i in own
            ),
            [one for teller in tellers or (name,) for one in counted.get(teller, ())],
            parts[name],
        )
    return found


def _tellers(series: Candidates, rows: Iterable[int]) -> Sequence[str]:
    """The callers that tell of these series, in the place of a callee that has none of its own.

    A proxy's upstream may have several backends of which one fails: the proxy's series say which.
    """
    return sorted({series.callers[i] for i in rows if series.callers and series.callers[i]})
