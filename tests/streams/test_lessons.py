"""Lessons as workers keep them: by tenant, in the topic's order, and into the next report."""

from concurrent.futures import ThreadPoolExecutor

from patternwatch.classifier.taught import Teachable
from patternwatch.contracts.codec import encode
from patternwatch.contracts.lessons import Lesson
from patternwatch.contracts.topics import record_key
from patternwatch.streams.lessons import Lessons
from patternwatch.streams.namers import TaughtNamers
from tests.api.examples import a_lesson
from tests.classifier.lessons import SMALL_REFERENCE
from tests.streams.fakes import FakeShapes


def key(lesson: Lesson) -> bytes:
    return record_key(lesson.tenant, lesson.lesson_id)


def applied(*records: tuple[bytes, bytes | None]) -> Lessons:
    lessons = Lessons()
    for offset, (at, value) in enumerate(records):
        lessons.apply(at, value, offset)
    return lessons


def test_the_latest_word_on_a_window_counts_and_a_null_takes_it_back() -> None:
    first, second, other = a_lesson(), a_lesson(name="normal"), a_lesson(seed=1)
    lessons = applied((key(first), encode(first)), (key(second), encode(second)), (key(other), encode(other)))
    assert [le.name for le in lessons.of("a")] == ["normal", "our nightly batch"]
    lessons.apply(key(second), None, 9)
    assert [le.lesson_id for le in lessons.of("a")] == [other.lesson_id]


def test_tenants_do_not_see_each_others() -> None:
    mine, theirs = a_lesson("a"), a_lesson("b")
    lessons = applied((key(mine), encode(mine)), (key(theirs), encode(theirs)))
    assert [le.tenant for le in lessons.of("a")] == ["a"]
    assert [le.tenant for le in lessons.of("b")] == ["b"]
    assert lessons.of("c") == ()


def test_what_is_no_lesson_or_lies_under_anothers_key_is_passed_over() -> None:
    theirs = a_lesson("b")
    lessons = applied((b"a/x", b"no json"), (b"a/x", encode(theirs)), (b"", None), (b"\xff", None))
    assert lessons.of("a") == ()
    assert lessons.of("b") == ()


class FakeBook:
    def __init__(self) -> None:
        self.lessons = Lessons()

    async def of(self, tenant: str) -> tuple[Lesson, ...]:
        return self.lessons.of(tenant)


async def test_a_namer_is_made_anew_only_where_something_changed() -> None:
    book, models = FakeBook(), [Teachable(FakeShapes(), SMALL_REFERENCE)]
    with ThreadPoolExecutor(1) as executor:
        namers = TaughtNamers(lambda: models[-1], book, executor)
        bare = await namers.of("a")
        lesson = a_lesson()
        book.lessons.apply(key(lesson), encode(lesson), 0)
        taught, theirs = await namers.of("a"), await namers.of("b")
        assert await namers.of("a") is taught is not bare
        models.append(Teachable(FakeShapes(), SMALL_REFERENCE))
        assert await namers.of("a") is not taught
    assert theirs.name(lesson.values[None], 240).taught == [None]
