"""A short run of the lab on a real Kafka: nothing is lost, and the verdict says what it may say."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.faults.verdict import EXIT_CODES
from tests.support import require_program

ROOT = Path(__file__).parents[2]
KINDS = (
    "kill_worker", "kill_api", "kill_broker", "lose_commit_answers", "source_503", "full_disk", "poison",
    "rebalance",
)  # fmt: skip


def test_a_minute_of_faults_costs_nothing() -> None:
    require_program("java")
    require_program("mvn")
    command = [
        sys.executable,
        "-m",
        "benchmarks.faults",
        "--minutes",
        "1",
        "--seed",
        "7",
        "--per-s",
        "0.7",
        "--alerts",
        "3",
        "--json",
    ]
    done = subprocess.run(
        [*command, "--kinds", *KINDS], cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
    )
    result = json.loads(done.stdout or "{}")
    assert result, done.stderr[-3000:]
    assert done.returncode == EXIT_CODES[result["verdict"]]
    assert result["verdict"] != "fail", json.dumps(result, indent=1)
    figures = result["figures"]
    assert {
        name for name in ("lost", "unexpected", "duplicates", "wrong", "never_whole") if figures[name]
    } == set()
    assert figures["acknowledged"] > 30
    assert {row["fault"] for row in result["results"]} >= {"kill_broker", "poison"}
