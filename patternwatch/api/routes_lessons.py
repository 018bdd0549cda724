"""Lessons: teach a shape, list what was taught, take it back."""

from fastapi import APIRouter

from patternwatch.analysis.teaching import lesson_from_report
from patternwatch.api.intake import delete_lessons, take_lesson
from patternwatch.api.parts import API, Parts, UseParts, UseTenant
from patternwatch.api.problems import problems
from patternwatch.api.views import Deleted, LessonList, LessonOrder
from patternwatch.contracts.errors import LessonError
from patternwatch.contracts.lessons import MOST_LESSONS, Lesson, make_lesson
from patternwatch.contracts.report import Report

router = APIRouter(prefix=API + "/tenants/{tenant}/lessons", tags=["lessons"])


@router.post("", status_code=201, responses=problems(400, 404, 413, 422, 503))
async def teach(order: LessonOrder, parts: UseParts, tenant: UseTenant) -> Lesson:
    """Teach what a series shows, by a finding of a report or by its points.

    Answered when Kafka holds it: the next report knows it. The same window taught again replaces what
    was said of it.
    """
    lesson = await _lesson(order, parts, tenant.id)
    if await parts.read_model.lesson_count(tenant.id) >= MOST_LESSONS:
        raise LessonError(
            f"The tenant has {MOST_LESSONS} lessons already",
            "Fold them into a model (`patternwatch train`), and remove those that it has learned",
        )
    await take_lesson(parts, lesson)
    return lesson


@router.get("", responses=problems(404))
async def list_lessons(parts: UseParts, tenant: UseTenant) -> LessonList:
    """Everything that this tenant taught, the latest first."""
    return LessonList(lessons=await parts.read_model.lessons(tenant.id))


@router.get("/{lesson_id}", responses=problems(404))
async def get_lesson(lesson_id: str, parts: UseParts, tenant: UseTenant) -> Lesson:
    """One lesson."""
    return await parts.read_model.lesson(tenant.id, lesson_id)


@router.delete("/{lesson_id}", status_code=204, responses=problems(404, 503))
async def delete_lesson(lesson_id: str, parts: UseParts, tenant: UseTenant) -> None:
    """Take one lesson back, here and on its topic."""
    await parts.read_model.lesson(tenant.id, lesson_id)
    await delete_lessons(parts, tenant.id, [lesson_id])


@router.delete("", responses=problems(404, 503))
async def delete_all_lessons(parts: UseParts, tenant: UseTenant, name: str | None = None) -> Deleted:
    """Take back every lesson of this tenant, or those of one shape."""
    found = [le.lesson_id for le in await parts.read_model.lessons(tenant.id) if name in (None, le.name)]
    await delete_lessons(parts, tenant.id, found)
    return Deleted(deleted=len(found))


async def _lesson(order: LessonOrder, parts: Parts, tenant: str) -> Lesson:
    about = {"taught_by": order.taught_by, "taught_at_ms": parts.clock()}
    if order.report_id is not None and order.series_id is not None and order.values is None:
        stored = await parts.read_model.report(tenant, order.report_id)
        report = Report.model_validate_json(stored.body)
        return lesson_from_report(report, order.series_id, order.name, **about)
    if order.values is None or order.split is None:
        raise LessonError(
            "There is nothing to learn from: neither a finding nor points",
            "Give either report_id with series_id, or values with split",
        )
    known = {"report_id": order.report_id or "", "series_id": order.series_id or "", "series": order.series}
    return make_lesson(tenant, order.name, order.values, order.split, called=order.called, **known, **about)
