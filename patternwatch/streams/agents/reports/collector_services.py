"""What a collector works with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from patternwatch.analysis.conclude import conclude
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.streams.agents.reports.progress import ProgressPublisher
from patternwatch.streams.agents.reports.report_publisher import ReportPublisher
from patternwatch.streams.agents.shards.attempts import Attempts
from patternwatch.streams.consumer.dead_letters import DeadLetterPublisher
from patternwatch.streams.consumer.fair_threads import FairThreads
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.state.classifiers import ClassifierProvider

Conclude: TypeAlias = Callable[
    [AnalysisRequest, list[ShardResult], ShapeClassifier, AnalysisSettings, int], Report
]


@dataclass(frozen=True, slots=True)
class CollectorServices:
    """What a collector works with."""

    progress: ProgressPublisher
    reports: ReportPublisher
    dead_letters: DeadLetterPublisher
    metrics: WorkerMetrics
    classifiers: ClassifierProvider
    settings: AnalysisSettings
    threads: FairThreads
    attempts: Attempts
    conclude: Conclude = conclude
