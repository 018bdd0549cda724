"""Where the commands keep examples: in a file, or at a running API."""

from pathlib import Path
from typing import Any, Protocol

import httpx
import orjson

from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import InputError, MessageError, NotFoundError, PatternwatchError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.report import Report

API_URL = "http://127.0.0.1:8080"
_TIMEOUT_S = 30.0


class LabelStore(Protocol):
    """Examples of tenants."""

    def of(self, tenant: str) -> list[LabelledExample]:
        """Everything that this tenant taught."""
        ...

    def put(self, example: LabelledExample) -> None:
        """Keep this example in place of an earlier one on the same window."""
        ...

    def remove(self, tenant: str, example_id: str) -> None:
        """Take it back; raises NotFoundError."""
        ...


def store_at(place: str) -> LabelStore:
    """The store at this place: the http(s) address of an API, or a file (one example a line)."""
    return ApiStore(place) if place.startswith(("http://", "https://")) else FileStore(Path(place))


class FileStore:
    """Examples in a file, one as JSON a line, as they travel on the topic."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, tenant: str) -> list[LabelledExample]:
        """See `LabelStore.of`; raises InputError for a file that holds something else."""
        return [example for example in self._read() if example.tenant == tenant]

    def put(self, example: LabelledExample) -> None:
        """See `LabelStore.put`; makes the file where there is none."""
        there = self._read() if self._path.exists() else []
        self._write([*(old for old in there if old.example_id != example.example_id), example])

    def remove(self, tenant: str, example_id: str) -> None:
        """See `LabelStore.remove`."""
        there = self._read()
        kept = [old for old in there if (old.tenant, old.example_id) != (tenant, example_id)]
        if len(kept) == len(there):
            raise NotFoundError(
                f"{self._path} has no example {example_id!r} of tenant {tenant!r}",
                "See `patternwatch examples list`",
            )
        self._write(kept)

    def _read(self) -> list[LabelledExample]:
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError as error:
            raise InputError(
                f"{self._path} cannot be read: {error.strerror}", "Give a file that `teach` wrote"
            ) from error
        found = []
        for number, line in enumerate(lines, start=1):
            try:
                found.append(decode(line, LabelledExample))
            except MessageError as error:
                raise InputError(
                    f"Line {number} of {self._path} is no example: {error}", "Give a file that `teach` wrote"
                ) from error
        return found

    def _write(self, examples: list[LabelledExample]) -> None:
        self._path.write_bytes(b"".join(encode(example) + b"\n" for example in examples))


class ApiStore:
    """Examples at a running API."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def of(self, tenant: str) -> list[LabelledExample]:
        """See `LabelStore.of`."""
        answer = self._ask("GET", f"tenants/{tenant}/examples")
        return [LabelledExample.model_validate(example) for example in answer.json()["examples"]]

    def put(self, example: LabelledExample) -> None:
        """See `LabelStore.put`; answered when Kafka holds it."""
        order = {
            "name": example.name,
            "values": example.values.tolist(),
            "split": example.split,
            "called": example.called,
            "report_id": example.report_id or None,
            "series_id": example.series_id or None,
            "series": example.series,
            "labelled_by": example.labelled_by,
        }
        body = orjson.dumps(order)  # NaN becomes null
        self._ask("POST", f"tenants/{example.tenant}/examples", content=body)

    def remove(self, tenant: str, example_id: str) -> None:
        """See `LabelStore.remove`."""
        self._ask("DELETE", f"tenants/{tenant}/examples/{example_id}")

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
