"""Records that an older release left on a topic are read as the present ones."""

from typing import Any

import numpy as np
import orjson
import pytest

from patternwatch.contracts.base import SCHEMA_VERSION, Message
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.findings import Taught
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.report import Report, SeriesCounts
from patternwatch.contracts.shard_results import Candidate, ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.upgrade import upgraded
from tests.fakes.messages import a_finding, a_report, a_result, a_shard, an_example

OLD_NAMES = {
    "max_candidates": "most_candidates",
    "category": "kind",
    "screening_score": "interest",
    "expected": "foretold",
    "suppressed_by_season": "explained",
    "example_id": "lesson_id",
    "labelled_by": "taught_by",
    "labelled_at_ms": "taught_at_ms",
}


def as_version_1(value: Any) -> Any:
    if isinstance(value, dict):
        return {OLD_NAMES.get(name, name): as_version_1(field) for name, field in value.items()}
    return [as_version_1(item) for item in value] if isinstance(value, list) else value


CANDIDATE = Candidate(
    labels={"__name__": "m"},
    derivation="",
    category="cpu",
    screening_score=1.5,
    values=np.array([1.0, 2.0], dtype=np.float32),
)
TAUGHT = Taught(name="nightly batch", probability=0.9, example_id="8f37e9a66cf0a27711aa")


@pytest.mark.parametrize(
    "message",
    [
        a_shard(),
        a_result(suppressed_by_season=3, candidates=[CANDIDATE]),
        a_report(
            counts=SeriesCounts(selected=9, analysed=9, flagged=2, suppressed_by_season=3),
            findings=[a_finding(1).model_copy(update={"taught": TAUGHT}), a_finding(2)],
        ),
        an_example(),
    ],
    ids=lambda m: type(m).__name__,
)
def test_a_record_of_version_1_says_what_it_said_then(message: Message) -> None:
    old = as_version_1(orjson.loads(encode(message))) | {"schema_version": 1}
    read = decode(orjson.dumps(old), type(message))
    assert read.schema_version == SCHEMA_VERSION
    assert encode(read) == encode(message)


@pytest.mark.parametrize("kind", [Shard, ShardResult, Report, LabelledExample])
@pytest.mark.parametrize("broken", [{"findings": 7}, {"candidates": [3]}, {"counts": []}, {}])
def test_a_broken_record_of_version_1_is_refused_as_any_other(
    kind: type[Message], broken: dict[str, Any]
) -> None:
    with pytest.raises(MessageError):
        decode(orjson.dumps(broken | {"schema_version": 1}), kind)


@pytest.mark.parametrize(
    ("kind", "of_version_2"),
    [("ShardResult", {"candidates": []}), ("Report", {"findings": []}), ("Shard", {}), ("Tick", {})],
)
def test_a_record_of_version_1_without_its_lists_has_empty_ones(
    kind: str, of_version_2: dict[str, Any]
) -> None:
    assert upgraded({"schema_version": 1}, kind) == {"schema_version": 2} | of_version_2
