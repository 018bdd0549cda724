"""Where the commands keep lessons: in a file, or at a running API."""

from pathlib import Path
from typing import Any, Protocol

import httpx
import orjson

from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import InputError, MessageError, NotFoundError, PatternwatchError
from patternwatch.contracts.lessons import Lesson
from patternwatch.contracts.report import Report

API_URL = "http://127.0.0.1:8080"
_TIMEOUT_S = 30.0


class LessonStore(Protocol):
    """Lessons of tenants."""

    def of(self, tenant: str) -> list[Lesson]:
        """Everything that this tenant taught."""
        ...

    def put(self, lesson: Lesson) -> None:
        """Keep this lesson in place of an earlier one on the same window."""
        ...

    def remove(self, tenant: str, lesson_id: str) -> None:
        """Take it back; raises NotFoundError."""
        ...


def store_at(place: str) -> LessonStore:
    """The store at this place: the http(s) address of an API, or a file (one lesson a line)."""
    return ApiStore(place) if place.startswith(("http://", "https://")) else FileStore(Path(place))


class FileStore:
    """Lessons in a file, one as JSON a line, as they travel on the topic."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, tenant: str) -> list[Lesson]:
        """See `LessonStore.of`; raises InputError for a file that holds something else."""
        return [lesson for lesson in self._read() if lesson.tenant == tenant]

    def put(self, lesson: Lesson) -> None:
        """See `LessonStore.put`; makes the file where there is none."""
        there = self._read() if self._path.exists() else []
        self._write([*(old for old in there if old.lesson_id != lesson.lesson_id), lesson])

    def remove(self, tenant: str, lesson_id: str) -> None:
        """See `LessonStore.remove`."""
        there = self._read()
        kept = [old for old in there if (old.tenant, old.lesson_id) != (tenant, lesson_id)]
        if len(kept) == len(there):
            raise NotFoundError(
                f"{self._path} has no lesson {lesson_id!r} of tenant {tenant!r}",
                "See `patternwatch lessons list`",
            )
        self._write(kept)

    def _read(self) -> list[Lesson]:
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError as error:
            raise InputError(
                f"{self._path} cannot be read: {error.strerror}", "Give a file that `teach` wrote"
            ) from error
        found = []
        for number, line in enumerate(lines, start=1):
            try:
                found.append(decode(line, Lesson))
            except MessageError as error:
                raise InputError(
                    f"Line {number} of {self._path} is no lesson: {error}", "Give a file that `teach` wrote"
                ) from error
        return found

    def _write(self, lessons: list[Lesson]) -> None:
        self._path.write_bytes(b"".join(encode(lesson) + b"\n" for lesson in lessons))


class ApiStore:
    """Lessons at a running API."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def of(self, tenant: str) -> list[Lesson]:
        """See `LessonStore.of`."""
        answer = self._ask("GET", f"tenants/{tenant}/lessons")
        return [Lesson.model_validate(lesson) for lesson in answer.json()["lessons"]]

    def put(self, lesson: Lesson) -> None:
        """See `LessonStore.put`; answered when Kafka holds it."""
        order = {
            "name": lesson.name,
            "values": lesson.values.tolist(),
            "split": lesson.split,
            "called": lesson.called,
            "report_id": lesson.report_id or None,
            "series_id": lesson.series_id or None,
            "series": lesson.series,
            "taught_by": lesson.taught_by,
        }
        body = orjson.dumps(order)  # NaN becomes null
        self._ask("POST", f"tenants/{lesson.tenant}/lessons", content=body)

    def remove(self, tenant: str, lesson_id: str) -> None:
        """See `LessonStore.remove`."""
        self._ask("DELETE", f"tenants/{tenant}/lessons/{lesson_id}")

    def report(self, tenant: str, report_id: str) -> Report:
        """One report; raises NotFoundError."""
        return decode(self._ask("GET", f"tenants/{tenant}/reports/{report_id}").content, Report)

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        url = f"{self._url}/api/v1/{path}"
        headers = {"Content-Type": "application/json"}
        try:
            answer = httpx.request(method, url, timeout=_TIMEOUT_S, headers=headers, **more)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PatternwatchError(
                f"{url} does not answer: {type(error).__name__}: {error}",
                "Start it (`patternwatch api`), or give its address or a file",
            ) from error
        if answer.is_error:
            raise _problem(answer)
        return answer


def _problem(answer: httpx.Response) -> PatternwatchError:
    try:
        told = answer.json()
        detail, remedy = str(told["detail"]), str(told.get("remedy", ""))
    except (ValueError, KeyError, TypeError):
        detail, remedy = f"{answer.request.url} answered {answer.status_code}", "Check the address"
    return (NotFoundError if answer.status_code == httpx.codes.NOT_FOUND else PatternwatchError)(
        detail, remedy
    )
