"""The whole analysis in one process, without a broker: what a worker's agents do, one after the other."""

from collections.abc import Sequence
from functools import partial

from patternwatch.cli.patience import PATIENT_TRIES, patiently
from patternwatch.contracts.errors import InputError, SourceError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.cortex.source import SeriesSource

EVERYTHING = '{__name__=~".+"}'
"""The selector of all series."""


async def analyze(
    source: SeriesSource,
    request: AnalysisRequest,
    settings: AnalysisSettings,
    examples: Sequence[LabelledExample] = (),
    model: str = "",
) -> Report:
    """What planner, analysts and collector do, one after the other, on the same road.

    model  where the shape model lies, as in PATTERNWATCH_MODEL; by default the shipped one
    Raises what the source raises where no part of the series can be read. Where some can, the report is
    partial and says which parts are missing.
    """
    # Compiled kernels and the network take seconds to import: not for the other commands.
    from patternwatch.analysis.conclude import conclude  # noqa: PLC0415
    from patternwatch.classifier.few_shot import EmbeddingSpace, FewShotClassifier  # noqa: PLC0415
    from patternwatch.streams.agents.planning.plan import plan_in_scope  # noqa: PLC0415
    from patternwatch.streams.agents.shards.analyst import failed_result, fetch_and_scan  # noqa: PLC0415
    from patternwatch.streams.state.models import first_model  # noqa: PLC0415

    classifier = FewShotClassifier(EmbeddingSpace(first_model(model)), examples)
    results = []
    failures: list[Exception] = []
    shards = await patiently(lambda: plan_in_scope(source, request, settings, parse_selector(EVERYTHING)))
    for shard in shards:
        tries = 1 if failures else PATIENT_TRIES
        try:
            results.append(await patiently(partial(fetch_and_scan, source, shard, settings), tries))
        except (SourceError, InputError) as error:
            failures.append(error)
            results.append(failed_result(shard, str(error)))
        except Exception as error:  # noqa: BLE001 - one part that fails as nobody foresaw leaves the others
            failures.append(error)
            results.append(failed_result(shard, f"{type(error).__name__}: {error}"))
    if len(failures) == len(shards):
        raise failures[0]
    # The selection that was taken, which may be wider than what was asked for.
    return conclude(shards[0].request, results, classifier, settings)
