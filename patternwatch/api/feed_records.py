"""What the records of a batch say, and what they change in the read model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.feed_events import Changes
from patternwatch.api.read_model.projection import (
    StorableReport,
    apply_alerts,
    apply_example,
    apply_joined,
    apply_progress,
    apply_report,
    apply_requests,
    known_analyses,
)
from patternwatch.api.read_model.tombstones import DELETABLE, apply_tombstone
from patternwatch.api.read_model.watches import apply_watch, apply_watch_state
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError, UndecodableError
from patternwatch.contracts.joined_alerts import JoinedAlert
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.progress import Progress
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.topics import REPORTS, Topic
from patternwatch.contracts.watch_states import WatchState
from patternwatch.contracts.watches import Watch
from patternwatch.kafka.producer import RecordPosition
from patternwatch.kafka.topic_reader import Record

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What has this id is deleted."""

    tenant: str
    id: str


Said: TypeAlias = (
    Alert
    | AnalysisRequest
    | JoinedAlert
    | Progress
    | LabelledExample
    | Watch
    | WatchState
    | StorableReport
    | Tombstone
    | MessageError
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A record and its message, or why it cannot be read."""

    record: Record
    topic: Topic
    message: Said


def decode_records(records: Sequence[Record], topics: Mapping[str, Topic]) -> list[Decoded]:
    """Read each record; pure, and takes a while.

    topics  by their names at the broker
    """
    return [Decoded(record, topics[record.topic], _said(record, topics[record.topic])) for record in records]


def _said(record: Record, topic: Topic) -> Said:
    try:
        if record.value is None and topic.name in DELETABLE:
            return Tombstone(*_key(record.key))
        message: Any = decode(record.value, topic.message)
        return StorableReport.of(message) if topic is REPORTS else message
    except MessageError as error:
        return error


def _key(key: bytes | None) -> tuple[str, str]:
    try:
        tenant, _, own = (key or b"").decode().partition("/")
    except UnicodeDecodeError as error:
        raise UndecodableError(f"A tombstone whose key is not UTF-8: {key!r}") from error
    if not tenant or not own:
        raise UndecodableError(f"A tombstone whose key is not tenant/id: {key!r}")
    return tenant, own


async def apply_decoded(db: AsyncConnection, cluster: str, read: Sequence[Decoded], changes: Changes) -> None:
    """Apply a batch within one transaction, and note what the streams are to be told of it.

    A storm brings alerts by the thousand, so those go in together; the order of topics does not matter.
    """
    await apply_alerts(db, _of_kind(read, Alert))
    await apply_requests(
        db, [(one.message, _at(cluster, one)) for one in read if isinstance(one.message, AnalysisRequest)]
    )
    await _apply_joined(db, _of_kind(read, JoinedAlert), changes)
    for one in read:
        await _apply_one(db, one, _at(cluster, one), changes)


def _at(cluster: str, one: Decoded) -> RecordPosition:
    return RecordPosition(cluster, one.record.partition, one.record.offset)


async def _apply_one(db: AsyncConnection, one: Decoded, at: RecordPosition, changes: Changes) -> None:
    match one.message:
        case Progress() as progress:
            if await apply_progress(db, progress):
                changes.moved_on(progress)
        case StorableReport() as stored:
            if await apply_report(db, stored, at):
                changes.is_readable(stored.report)
        case LabelledExample() as example:
            await apply_example(db, example, at)
        case Watch() as watch:
            await apply_watch(db, watch, at)
        case WatchState() as state:
            await apply_watch_state(db, state, at)
        case Tombstone(tenant, own_id):
            await apply_tombstone(db, one.topic, tenant, own_id, at)


async def _apply_joined(db: AsyncConnection, joined: Sequence[JoinedAlert], changes: Changes) -> None:
    await apply_joined(db, joined)
    others = {(one.tenant, one.request_id) for one in joined if not one.began_it}
    for tenant, request_id in sorted(await known_analyses(db, others)):
        changes.was_joined(tenant, request_id)


def _of_kind(read: Sequence[Decoded], kind: type[T]) -> list[T]:
    return [one.message for one in read if isinstance(one.message, kind)]
