"""Labels that the answer before had: series are the same as if nothing were remembered."""

from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.contracts.matchers import parse_selector
from patternwatch.cortex.label_memories import MAX_SELECTIONS, LabelMemories
from patternwatch.cortex.wire import Decoded, LabelMemory, decode_samples
from tests.cortex.test_wire_samples import EVER, as_lists
from tests.cortex.wire_twin import STALE, Series, read_response, snappy, uvarint

NOW = 1_795_447_000_000

pools = st.lists(
    st.dictionaries(st.sampled_from(["__name__", "a", "b", "long_label_name"]), st.text(max_size=12)),
    min_size=1,
    max_size=40,
    unique_by=lambda labels: tuple(sorted(labels.items())),
)


@given(pools, st.lists(st.randoms(use_true_random=False), min_size=2, max_size=5), st.booleans())
@settings(deadline=None)
def test_any_answers_one_after_the_other(pool, orders, is_sorted) -> None:  # type: ignore[no-untyped-def]
    memory = LabelMemory()
    for number, random in enumerate(orders):
        some = [labels for labels in pool if random.random() < 0.9]
        if is_sorted:
            some.sort(key=lambda labels: sorted(labels.items()))
        values = [random.choice([0.5, 1.5, STALE]) for _ in some]
        answer = [Series(labels, [(NOW + number, v)]) for labels, v in zip(some, values, strict=True)]
        assert as_lists(_read(answer, memory)) == as_lists(_read(answer))


def test_sets_that_are_known_are_not_made_again() -> None:
    memory, answer = LabelMemory(), _series(range(100))
    first, second = _read(answer, memory), _read(answer, memory)
    assert all(a is b for a, b in zip(first.labels, second.labels, strict=True))


def test_of_a_few_new_series_only_those_are_made() -> None:
    memory = LabelMemory()
    before = _read(_series(range(100)), memory)
    after = _read(_series(range(3, 105)), memory)
    assert [labels["pod"] for labels in after.labels] == [f"pod-{k:03}" for k in range(3, 105)]
    assert all(a is b for a, b in zip(before.labels[3:], after.labels, strict=False))
    again = _read(_series(range(3, 105)), memory)
    assert all(a is b for a, b in zip(after.labels, again.labels, strict=True))


def test_a_label_that_ends_elsewhere_is_another_one() -> None:
    """The bytes that are compared begin behind the size of the first label."""
    first, second = b"\n\x01a\x12\x01x", _field(1, b"\n\x01b\x12\x02yz")
    sample = _field(2, b"\x09" + bytes(8) + b"\x10" + uvarint(NOW))
    memory = LabelMemory()
    for labels, told in (
        (_field(1, first) + second, {"a": "x", "b": "yz"}),
        (_field(1, first + second), {"\n\x01b\x12\x02yz": "x"}),  # of two names the last one counts
    ):
        answer = snappy(_field(1, _field(1, labels + sample)))
        assert [decode_samples(answer, *EVER, memory=memory).labels for _ in range(2)] == [[told], [told]]


def test_a_selection_is_forgotten_when_there_are_many() -> None:
    memories = LabelMemories()
    first = memories.of("shop", parse_selector('{job="0"}'))
    for k in range(1, MAX_SELECTIONS + 2):
        memories.of("shop", parse_selector(f'{{job="{k}"}}'))
    assert memories.of("shop", parse_selector('{job="0"}')) is not first


def test_the_longest_unread_goes_first_where_labels_take_too_much() -> None:
    memories = LabelMemories(max_bytes=5_000)
    selections = [parse_selector(f'{{job="{k}"}}') for k in range(3)]
    held = [memories.of("shop", matchers) for matchers in selections]
    for memory in held:
        _read(_series(range(100)), memory)
    assert memories.of("shop", selections[2]) is held[2]
    assert memories.of("shop", selections[0]) is not held[0]


def _series(numbers: range) -> list[Series]:
    return [Series({"__name__": "up", "pod": f"pod-{k:03}"}, [(NOW, float(k))]) for k in numbers]


def _read(answer: list[Series], memory: LabelMemory | None = None) -> Decoded:
    return decode_samples(snappy(read_response(answer)), *EVER, memory=memory)


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + uvarint(len(content)) + content
