"""What poison is, and whose: mutants are another tenant's, and what can be read need be no dead letter."""

from benchmarks.faults.load import TENANT
from benchmarks.faults.mutations import mutated
from benchmarks.faults.poison import OTHER_TENANT, POISON, foreign, is_readable
from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.topics import REQUESTS, TOPICS

REQUEST = encode(
    request_for_selector(
        TENANT, '{cluster="k3-000123"}', 1_760_000_010_000, None, "lab 000123", AnalysisSettings(),
        1_760_003_610_000, "lab000123",
    )
)  # fmt: skip


def test_no_topic_reads_poison() -> None:
    assert {topic.name for topic in TOPICS for value in POISON if is_readable(topic, value)} == set()
    assert is_readable(REQUESTS, REQUEST)


def test_what_comes_of_a_mutant_is_not_the_labs() -> None:
    example = foreign(REQUEST)
    assert len(OTHER_TENANT) == len(TENANT)
    assert decode(example, AnalysisRequest).tenant == OTHER_TENANT
    readable = [value for value in mutated(example, 300, 1) if is_readable(REQUESTS, value)]
    assert len(readable) > 20
    assert TENANT not in {decode(value, AnalysisRequest).tenant for value in readable}
