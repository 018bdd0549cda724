"""How long from the command `make demo CHECK=1` to the checked report, and from the alert to the report.

    python -m benchmarks.demo [--runs 3] [--json]

The floor in the same run is the time until the real Kafka alone answers: nothing can be faster than that.
"""

import argparse
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.output import Result, progress, run
from patternwatch.kafka.dev.commands import DevKafka

ROOT = Path(__file__).resolve().parents[1]
_ALERT_TO_REPORT = re.compile(r"alert to report: ([\d.]+) s")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    rows = []
    for n in range(arguments.runs):
        started = time.perf_counter()
        done = subprocess.run(
            ["make", "--silent", "demo", "CHECK=1"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - started
        found = _ALERT_TO_REPORT.search(done.stdout)
        if done.returncode or found is None:
            raise SystemExit(f"the demo failed:\n{done.stdout}\n{done.stderr}")
        row = {"run": n + 1, "command_s": seconds, "alert_to_report_s": float(found[1]), "kafka_s": _kafka()}
        progress(str(row))
        rows.append(row)
    median = {name: statistics.median(r[name] for r in rows) for name in rows[0] if name != "run"}
    return {
        "figures": {
            "demo_command_s": median["command_s"],
            "demo_alert_to_report_s": median["alert_to_report_s"],
            "demo_over_kafka_start": median["command_s"] / median["kafka_s"],
        },
        "results": rows,
        "settings": {"runs": arguments.runs},
    }


def _kafka() -> float:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with DevKafka(Path(folder)):
            return time.perf_counter() - started


if __name__ == "__main__":
    main()
