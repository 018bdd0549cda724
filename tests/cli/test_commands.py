"""The commands as a person runs them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from patternwatch import __version__
from patternwatch.cli.main import app
from patternwatch.cli.table import sparkline
from patternwatch.cli.times import parse_duration, parse_time, timestamp
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import WindowError
from patternwatch.contracts.report import Report
from patternwatch.cortex.bundle import Incident, Truth, read_bundle, write_bundle
from patternwatch.cortex.raw import ragged
from tests.fakes.http import answering_server

STEP_MS = 2000
AT = 300
ROWS = 400


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty noisy services; the latency and cpu of one shift up at row 300."""
    rng = np.random.default_rng(7)
    times = 1_700_000_000_000 + STEP_MS * np.arange(ROWS, dtype=np.int64)
    labels, values = [], []
    for n in range(40):
        for metric in ("latency_seconds", "cpu_usage"):
            series = 10 + rng.normal(0, 1, ROWS)
            if n == 17:
                series[AT:] += 30
            labels.append({"__name__": metric, "service": f"s{n}", "cluster": "c"})
            values.append(series)
    path = tmp_path_factory.mktemp("bundle") / "shift.parquet"
    incident = Incident(
        name="shift",
        step_ms=STEP_MS,
        start_ms=int(times[0]),
        end_ms=int(times[-1]),
        at_ms=int(times[AT]),
        truth=Truth(services=["s17"]),
    )
    write_bundle(path, incident, ragged(labels, ["gauge"] * len(labels), [times] * len(labels), values))
    return path


def patternwatch(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_the_installed_command_runs_and_tells_its_version() -> None:
    command = [str(Path(sys.executable).with_name("patternwatch")), "version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, __version__)


def test_analyze_prints_the_cause_first_in_a_table(bundle: Path) -> None:
    done = patternwatch("analyze", str(bundle))
    assert done.exit_code == 0, done.stderr
    ranked = [line.split()[:2] for line in done.stdout.splitlines()]
    assert ["1", "s17"] in ranked
    assert "level shift up" in done.stdout


def test_analyze_prints_exactly_the_report_as_json(bundle: Path) -> None:
    done = patternwatch("analyze", str(bundle), "--format", "json")
    assert done.exit_code == 0, done.stderr
    report = decode(done.stdout.encode(), Report)
    assert report.status == "complete"
    assert report.entities[0].entity == "s17"
    assert report.onset_ms is not None
    assert abs(report.onset_ms - read_bundle(bundle)[0].at_ms) <= 3 * STEP_MS
    assert {f.entity for f in report.findings[:2]} == {"s17"}
    again = decode(patternwatch("analyze", str(bundle), "--format", "json").stdout.encode(), Report)
    same_time = {"requested_at_ms": report.requested_at_ms}
    assert encode(again.model_copy(update=same_time)) == encode(report)


def test_analyze_drops_an_external_label_and_says_so(bundle: Path) -> None:
    selector = '{prometheus="monitoring/k8s"}'
    done = patternwatch("analyze", str(bundle), "--format", "json", "--selector", selector)
    report = decode(done.stdout.encode(), Report)
    assert (report.selector, report.entities[0].entity) == ('{__name__=~".+"}', "s17")
    assert 'prometheus="monitoring/k8s": an external label' in report.notes[0]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["analyze", "nowhere.parquet"], "There is no file"),
        (["analyze", "http://127.0.0.1:1", "--at", "-10m"], "cannot be reached"),
        (["analyze", "http://127.0.0.1:1"], "--at is missing"),
        (["analyze", "ftp://x", "--at", "-10m"], "no source of series"),
        (["analyze", "BUNDLE", "--at", "2099-01-01T00:00:00Z"], "future"),
        (["analyze", "BUNDLE", "--at", "yesterday"], "is no time"),
        (["analyze", "BUNDLE", "--at", "-10"], "has no unit"),
        (["analyze", "BUNDLE", "--step", "fast"], "is no duration"),
        (["analyze", "BUNDLE", "--time-zone", "Vienna"], "no time zone"),
        (["analyze", "BUNDLE", "--selector", '{service="none"}'], "external label"),
        (["analyze", "BUNDLE", "--compare", "day"], "The recording begins at"),
        (["analyze", "BUNDLE", "--selector", "{}"], "empty or matches every series"),
        (["record", "http://127.0.0.1:1", "x.parquet", "--start", "-1m"], "cannot be reached"),
        (["record", "http://127.0.0.1:1", "x.parquet", "--start", "now", "--end", "-1m"], "Cannot record"),
        (["demo", "--incident", "nowhere.parquet"], "There is no file"),
        (["kafka", "status", "--folder", "/nonexistent"], "No Kafka runs"),
    ],
)
def test_bad_input_gives_a_clear_message_and_exit_code_2(
    bundle: Path, arguments: list[str], part: str
) -> None:
    done = patternwatch(*[str(bundle) if a == "BUNDLE" else a for a in arguments])
    assert done.exit_code == 2, done.stdout + done.stderr
    assert part in done.stderr
    assert "what to do:" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_that_are_not_right_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATTERNWATCH_ANALYSIS__STEP_MS", "soon")
    for command in ("worker", "api"):
        done = patternwatch(command)
        assert done.exit_code == 2
        assert "analysis.step_ms" in done.stderr


def prometheus(method: str, _path: str) -> bytes:
    """Just enough of the HTTP API to record from: metadata by GET, a query by POST."""
    values = [[1_700_000_000 + n, str(n)] for n in range(5)]
    result = {"result": [{"metric": {"__name__": "up", "job": "x"}, "values": values}]}
    data = {"up": [{"type": "gauge"}]} if method == "GET" else result
    return json.dumps({"status": "success", "data": data}).encode()


@pytest.fixture
def server() -> Iterator[str]:
    with answering_server(prometheus, "application/json") as address:
        yield f"http://{address}"


def test_record_writes_a_bundle_with_what_is_known(server: str, tmp_path: Path) -> None:
    about = tmp_path / "about.json"
    about.write_text('{"truth": {"services": ["x"]}, "fault_type": "cpu", "licence": "Apache-2.0"}')
    out = tmp_path / "one.parquet"
    window = ["--start", "1700000000", "--end", "1700000004", "--at", "1700000002", "--step", "1s"]
    done = patternwatch("record", server, str(out), *window, "--about", str(about))
    assert done.exit_code == 0, done.stderr
    incident, series = read_bundle(out)
    assert incident.truth == Truth(services=["x"])
    assert (incident.name, incident.at_ms, incident.step_ms) == ("one", 1_700_000_002_000, 1000)
    assert series.values.tolist() == [0, 1, 2, 3, 4]
    about.write_text("[]")
    assert "no JSON object" in patternwatch("record", server, str(out), *window, "--about", str(about)).stderr


def test_times_are_read_as_people_write_them() -> None:
    now = 1_700_000_000_000
    assert parse_time("now", now) == now
    assert parse_time("-1.5m", now) == parse_time("now-1.5m", now) == now - 90_000
    assert parse_time("1700000000", 0) == parse_time("1700000000000", 0) == now
    assert parse_time("2023-11-14T22:13:20Z", 0) == parse_time("2023-11-14 22:13:20", 0) == now
    assert parse_time(timestamp(now), 0) == now
    assert parse_duration("500ms") == 500
    with pytest.raises(WindowError, match="no duration"):
        parse_duration("0s")
    for text in ("", "nan", "inf", "soon"):
        with pytest.raises(WindowError):
            parse_time(text, 0)
    with pytest.raises(WindowError, match="'-10' has no unit. Write -10m"):
        parse_time("-10", now)


def test_sparklines_are_short() -> None:
    assert sparkline(np.array([0, 1, 2, 3], np.float32), 4) == "▁▃▆█"
    assert sparkline(np.array([np.nan, np.nan], np.float32), 2) == "  "
    assert sparkline(np.array([1, np.nan], np.float32), 2) == "▁ "


def test_ctrl_c_while_the_commands_are_imported_ends_it_without_a_traceback() -> None:
    script = """
import sys
class CtrlC:
    def find_spec(self, name, *_):
        if name == "patternwatch.cli.main":
            raise KeyboardInterrupt
sys.meta_path.insert(0, CtrlC())
from patternwatch.cli.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
