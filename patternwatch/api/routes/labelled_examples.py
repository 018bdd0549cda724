"""Examples: teach a shape, list what was taught, take it back."""

from typing import Annotated

from fastapi import APIRouter, Query

from patternwatch.analysis.labelling import example_from_report
from patternwatch.api.commands import accept_example, delete_examples
from patternwatch.api.context import API, AppContext, UseContext, UseTenant
from patternwatch.api.http.cursors import Before, read_cursor, write_cursor
from patternwatch.api.http.expected import ExpectedCount, require_count
from patternwatch.api.http.problems import problems
from patternwatch.api.schemas.base import Deleted
from patternwatch.api.schemas.examples import ExampleList, LabelledExampleCreate
from patternwatch.contracts.errors import LabelError
from patternwatch.contracts.labelled_examples import MAX_EXAMPLES, LabelledExample, make_labelled_example
from patternwatch.contracts.report import Report

router = APIRouter(prefix=API + "/tenants/{tenant}/examples", tags=["examples"])


@router.post("", status_code=201, responses=problems(400, 404, 413, 422, 503))
async def teach(order: LabelledExampleCreate, context: UseContext, tenant: UseTenant) -> LabelledExample:
    """Teach what a series shows, by a finding of a report or by its points.

    Answered when Kafka holds it: the next report knows it. The same window taught again replaces what
    was said of it.
    """
    example = await _example(order, context, tenant.id)
    if await context.read_model.example_count(tenant.id) >= MAX_EXAMPLES:
        raise LabelError(
            f"The tenant has {MAX_EXAMPLES} examples already",
            "Fold them into a model (`patternwatch train`), and remove those that it has learned",
        )
    await accept_example(context, example)
    return example


@router.get("", responses=problems(404, 422))
async def list_examples(
    context: UseContext,
    tenant: UseTenant,
    limit: Annotated[int, Query(ge=1, le=MAX_EXAMPLES)] = MAX_EXAMPLES,
    before: Before = None,
) -> ExampleList:
    """What this tenant taught, the latest first; without `limit` everything."""
    page = await context.read_model.examples(tenant.id, limit, read_cursor(before))
    return ExampleList(examples=page.rows, total=page.total, next=write_cursor(page.next))


@router.get("/{example_id}", responses=problems(404))
async def get_example(example_id: str, context: UseContext, tenant: UseTenant) -> LabelledExample:
    """One example."""
    return await context.read_model.example(tenant.id, example_id)


@router.delete("/{example_id}", status_code=204, responses=problems(404, 503))
async def delete_example(example_id: str, context: UseContext, tenant: UseTenant) -> None:
    """Take one example back, here and on its topic."""
    await context.read_model.example(tenant.id, example_id)
    await delete_examples(context, tenant.id, [example_id])


@router.delete("", responses=problems(404, 409, 422, 503))
async def delete_all_examples(
    context: UseContext, tenant: UseTenant, name: str | None = None, expected: ExpectedCount = None
) -> Deleted:
    """Take back every example of this tenant, or those of one shape."""
    found = await context.read_model.example_ids(tenant.id, name)
    require_count(expected, len(found), "example")
    await delete_examples(context, tenant.id, found)
    return Deleted(deleted=len(found))


async def _example(order: LabelledExampleCreate, context: AppContext, tenant: str) -> LabelledExample:
    about = {"labelled_by": order.labelled_by, "labelled_at_ms": context.clock()}
    if order.report_id is not None and order.series_id is not None and order.values is None:
        stored = await context.read_model.report(tenant, order.report_id)
        report = Report.model_validate_json(stored.json)
        return example_from_report(report, order.series_id, order.name, **about)
    if order.values is None or order.split is None:
        raise LabelError(
            "There is nothing to learn from: neither a finding nor points",
            "Give either report_id with series_id, or values with split",
        )
    known = {"report_id": order.report_id or "", "series_id": order.series_id or "", "series": order.series}
    return make_labelled_example(
        tenant, order.name, order.values, order.split, called=order.called, **known, **about
    )
