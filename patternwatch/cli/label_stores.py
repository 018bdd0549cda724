"""Where the commands keep examples: in a file, or at a running API."""

from pathlib import Path
from typing import Annotated, Protocol, TypeAlias

import httpx
import typer

from patternwatch.client import API_URL, ApiClient
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import InputError, MessageError, NotFoundError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.report import Report
from patternwatch.contracts.whole_file import whole_file

__all__ = ["API_URL", "ApiStore", "ApiToken", "FileStore", "LabelStore", "store_at"]

ApiToken: TypeAlias = Annotated[
    str,
    typer.Option(
        "--token",
        envvar="PATTERNWATCH_API_TOKEN",
        help="Token of the API; better given as PATTERNWATCH_API_TOKEN, which other users of the machine "
        "do not see.",
        show_default=False,
        show_envvar=False,
    ),
]


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


def store_at(place: str, token: str = "") -> LabelStore:
    """The store at this place: the http(s) address of an API, or a file (one example a line)."""
    is_url = place.startswith(("http://", "https://"))
    return ApiStore(place, token=token) if is_url else FileStore(Path(place))


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
        try:
            with whole_file(self._path) as written:
                written.write_bytes(b"".join(encode(example) + b"\n" for example in examples))
        except OSError as error:
            raise InputError(
                f"{self._path} cannot be written: {error.strerror}",
                "It is as it was; give a file that can be",
            ) from error


class ApiStore:
    """Examples at a running API."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None, *, token: str = "") -> None:
        self._url = url
        self._token = token
        self._transport = transport

    def of(self, tenant: str) -> list[LabelledExample]:
        """See `LabelStore.of`."""
        with self._client(tenant) as client:
            return client.examples()

    def put(self, example: LabelledExample) -> None:
        """See `LabelStore.put`; answered when Kafka holds it."""
        with self._client(example.tenant) as client:
            client.put_example(example)

    def remove(self, tenant: str, example_id: str) -> None:
        """See `LabelStore.remove`."""
        with self._client(tenant) as client:
            client.remove_example(example_id)

    def report(self, tenant: str, report_id: str) -> Report:
        """One report; raises NotFoundError."""
        with self._client(tenant) as client:
            return client.report(report_id)

    def _client(self, tenant: str) -> ApiClient:
        return ApiClient(self._url, tenant, token=self._token, transport=self._transport)
