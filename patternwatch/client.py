"""An HTTP client of our own API, for one tenant: what the commands ask of a running `patternwatch api`."""

from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
import orjson
from pydantic import BaseModel, ConfigDict

from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import (
    BrokerUnavailableError,
    InputError,
    NotFoundError,
    PatternwatchError,
)
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.progress import Progress
from patternwatch.contracts.report import Report
from patternwatch.contracts.watch_states import WatchState
from patternwatch.contracts.watches import Mark, Mute, MuteKind, Watch

API_URL = "http://127.0.0.1:8080"
"""Where `patternwatch api` listens unless it is set otherwise."""
_TIMEOUT_S = 30.0
_DIRECT = {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
"""Through no proxy of the environment, whether NO_PROXY names them or not: it would ask itself."""


class ListedReport(BaseModel):
    """A report as lists show it, without its findings."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    report_id: str
    revision: int
    status: str
    title: str
    verdict: str
    published_at_ms: int | None


class ListedWatch(BaseModel):
    """A watch, whether the settings name it, and how it does; None before its first look."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    watch: Watch
    origin: str
    state: WatchState | None


class ApiClient:
    """A connection to the API at `url`, for `tenant`; close it, or use it as a context manager.

    token  of `patternwatch tokens`, where the API asks for one

    Every method raises NotFoundError where the API answers 404, InputError for another mistake of the
    caller, BrokerUnavailableError where its Kafka is away, and PatternwatchError where it does not answer
    at all or fails. Each says what to do, in the API's own words where it has some.

    >>> def answer(request: httpx.Request) -> httpx.Response:
    ...     return httpx.Response(404, json={"detail": "There is no report 'r1'", "remedy": "List them"})
    >>> with ApiClient("http://api", "shop", transport=httpx.MockTransport(answer)) as client:
    ...     client.find_report("r1") is None
    True
    """

    def __init__(
        self,
        url: str,
        tenant: str,
        *,
        token: str = "",
        timeout_s: float = _TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._tenant = f"/api/v1/tenants/{quote(tenant, safe='')}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(timeout=timeout_s, transport=transport, headers=headers, mounts=_DIRECT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect."""
        self._http.close()

    def is_ready(self) -> bool:
        """Whether the API can do its work now; False where nobody listens, too."""
        try:
            return self._http.get(f"{self._url}/health/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def send_alerts(self, webhook: dict[str, Any]) -> list[str | None]:
        """Post an Alertmanager webhook; for each of its alerts the id of the analysis that it starts."""
        answer = self._post("/webhooks/alertmanager", webhook).json()
        return [alert["request_id"] for alert in answer["alerts"]]

    def start_analysis(self, **about: Any) -> str:
        """Start an analysis (`alert_fingerprint=...`, or `selector=...` with `at`); gives its request id."""
        return str(self._post("/analyses", about).json()["request_id"])

    def analysis(self, request_id: str) -> Progress:
        """How far an analysis has come."""
        return decode(self._ask("GET", f"/analyses/{quote(request_id, safe='')}").content, Progress)

    def report(self, report_id: str) -> Report:
        """One report, whole."""
        return decode(self._ask("GET", f"/reports/{quote(report_id, safe='')}").content, Report)

    def find_report(self, report_id: str) -> Report | None:
        """One report, None while there is none."""
        try:
            return self.report(report_id)
        except NotFoundError:
            return None

    def reports(self, limit: int = 50) -> list[ListedReport]:
        """The latest reports."""
        answer = self._ask("GET", "/reports", params={"limit": limit}).json()
        return [ListedReport.model_validate(report) for report in answer["reports"]]

    def examples(self) -> list[LabelledExample]:
        """Everything that the tenant taught, the latest first."""
        found: list[LabelledExample] = []
        before: dict[str, str] = {}
        while True:
            page = self._ask("GET", "/examples", params=before).json()
            found += [LabelledExample.model_validate(example) for example in page["examples"]]
            if page.get("next") is None:
                return found
            before = {"before": page["next"]}

    def put_example(self, example: LabelledExample) -> None:
        """Teach this in place of an earlier example of the same window; answered when Kafka holds it."""
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
        self._post("/examples", order)

    def remove_example(self, example_id: str) -> None:
        """Take one example back."""
        self._ask("DELETE", f"/examples/{quote(example_id, safe='')}")

    def watches(self) -> list[ListedWatch]:
        """Every watch of the tenant, by name."""
        found = self._ask("GET", "/watches").json()["watches"]
        return [ListedWatch.model_validate(one) for one in found]

    def watch(self, name: str) -> ListedWatch:
        """One watch."""
        return ListedWatch.model_validate(self._ask("GET", _of_watch(name)).json())

    def put_watch(self, name: str, fields: dict[str, Any]) -> None:
        """Make a watch, or replace it; answered when Kafka holds it."""
        self._post(_of_watch(name), fields, "PUT")

    def change_watch(self, name: str, fields: dict[str, Any]) -> None:
        """Change these fields of a watch."""
        self._post(_of_watch(name), fields, "PATCH")

    def mute(self, name: str, order: Mute) -> None:
        """Let this open no report in the watch."""
        self._post(_of_watch(name) + "/mutes", order.model_dump())

    def unmute(self, name: str, kind: MuteKind, value: str) -> None:
        """Let it open reports again."""
        self._post(_of_watch(name) + "/mutes/end", {"kind": kind, "value": value})

    def mark(self, name: str, order: Mark) -> None:
        """Say of what the watch opened that it was useful or noise."""
        self._post(_of_watch(name) + "/marks", order.model_dump())

    def end_watch(self, name: str) -> None:
        """End a watch."""
        self._ask("DELETE", _of_watch(name))

    def _post(self, path: str, body: dict[str, Any], method: str = "POST") -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        return self._ask(method, path, content=orjson.dumps(body), headers=headers)  # NaN becomes null

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        url = self._url + self._tenant + path
        try:
            answer = self._http.request(method, url, **more)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PatternwatchError(
                f"{url} does not answer: {type(error).__name__}: {error}",
                "Start it (`patternwatch api`), or give its address",
            ) from error
        if not answer.is_success:
            raise _problem(answer)
        return answer


def _of_watch(name: str) -> str:
    return f"/watches/{quote(name, safe='')}"


def _problem(answer: httpx.Response) -> PatternwatchError:
    """The error that an answer reports by problem details (RFC 9457), or by its status alone."""
    try:
        problem = answer.json()
        detail, remedy = str(problem["detail"]), str(problem.get("remedy", ""))
        kind = str(problem.get("type", "")).rpartition(":")[2]
    except (ValueError, KeyError, TypeError, AttributeError):
        detail, remedy = f"{answer.request.url} answered {answer.status_code}", "Check the address"
        kind = ""
    if answer.status_code == httpx.codes.NOT_FOUND:
        return NotFoundError(detail, remedy)
    if answer.is_client_error:
        return InputError(detail, remedy)
    return (BrokerUnavailableError if kind == "broker-unavailable" else PatternwatchError)(detail, remedy)
