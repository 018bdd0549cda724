"""Examples as workers keep them: by tenant, in the topic's order, and into the next report."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from patternwatch.classifier.few_shot import EmbeddingSpace
from patternwatch.contracts.codec import encode
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.topics import record_key
from patternwatch.streams.state.classifiers import FewShotProvider
from patternwatch.streams.state.labels import Examples
from tests.classifier.labelled_examples import SMALL_REFERENCE
from tests.fakes.messages import an_example
from tests.fakes.shapes import FakeShapes
from tests.fakes.state import FakeLabels


def key(example: LabelledExample) -> bytes:
    return record_key(example.tenant, example.example_id)


def applied(*records: tuple[bytes, bytes | None]) -> Examples:
    examples = Examples()
    for offset, (at, value) in enumerate(records):
        examples.apply(at, value, offset)
    return examples


def test_the_latest_word_on_a_window_counts_and_a_null_takes_it_back() -> None:
    first, second, other = an_example(), an_example(name="normal"), an_example(seed=1)
    examples = applied(
        (key(first), encode(first)), (key(second), encode(second)), (key(other), encode(other))
    )
    assert [le.name for le in examples.of("a")] == ["normal", "our nightly batch"]
    examples.apply(key(second), None, 9)
    assert [le.example_id for le in examples.of("a")] == [other.example_id]


def test_tenants_do_not_see_each_others() -> None:
    mine, theirs = an_example("a"), an_example("b")
    examples = applied((key(mine), encode(mine)), (key(theirs), encode(theirs)))
    assert [le.tenant for le in examples.of("a")] == ["a"]
    assert [le.tenant for le in examples.of("b")] == ["b"]
    assert examples.of("c") == ()


def test_what_is_no_example_or_lies_under_anothers_key_is_passed_over() -> None:
    theirs = an_example("b")
    examples = applied((b"a/x", b"no json"), (b"a/x", encode(theirs)), (b"", None), (b"\xff", None))
    assert examples.of("a") == ()
    assert examples.of("b") == ()


async def noted() -> None:
    """What is awaited before anything is learned."""


@dataclass
class HeldModel:
    current: EmbeddingSpace


async def test_a_classifier_is_made_anew_only_where_something_changed() -> None:
    labels, held = FakeLabels(), HeldModel(EmbeddingSpace(FakeShapes(), SMALL_REFERENCE))
    noted_soon = asyncio.ensure_future(noted())
    with ThreadPoolExecutor(1) as executor:
        classifiers = FewShotProvider(held, labels, executor)
        bare = await classifiers.of("a", noted_soon)
        example = an_example()
        labels.examples.apply(key(example), encode(example), 0)
        taught, theirs = await classifiers.of("a", noted_soon), await classifiers.of("b", noted_soon)
        assert await classifiers.of("a", noted_soon) is taught is not bare
        held.current = EmbeddingSpace(FakeShapes(), SMALL_REFERENCE)
        assert await classifiers.of("a", noted_soon) is not taught
    assert theirs.name(example.values[None], 240).taught == [None]


async def test_nothing_is_learned_before_it_is_noted_that_it_begins() -> None:
    labels, held = FakeLabels(), HeldModel(EmbeddingSpace(FakeShapes(), SMALL_REFERENCE))
    order: list[str] = []

    async def note() -> None:
        order.append("noted")

    class Watched(ThreadPoolExecutor):
        def submit(self, *args: Any, **kwargs: Any) -> Any:
            order.append("learns")
            return super().submit(*args, **kwargs)

    with Watched(1) as executor:
        await FewShotProvider(held, labels, executor).of("a", note())
    assert order == ["noted", "learns"]
