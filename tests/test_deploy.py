"""The compose file and the configurations beside it are ones that the real programs accept."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.renamed_settings import check_names
from patternwatch.kafka.dev.jars import kafka_version
from patternwatch.streams.settings import WorkerSettings
from tests.support import require_program

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "command",
    [
        ["docker-compose", "config", "--quiet"],
        ["promtool", "check", "config", "deploy/prometheus.yml"],
        ["amtool", "check-config", "deploy/alertmanager.yml"],
    ],
    ids=lambda command: command[0],
)
def test_the_program_accepts_its_configuration(command: list[str]) -> None:
    require_program(command[0])
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_holds_bytecode_since_its_user_may_not_write_it() -> None:
    image = (ROOT / "deploy" / "Dockerfile").read_text()
    assert image.index("UV_COMPILE_BYTECODE=1") < image.index("uv pip install --system")


def test_no_port_is_open_to_other_machines_and_the_api_asks_for_a_token() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    ports = re.findall(r"^ +ports: \[(.*)\]", compose, re.MULTILINE)
    assert len(ports) == 3
    assert all(port.startswith('"127.0.0.1:') for port in ports)
    assert "PATTERNWATCH_ACCESS__MODE: token" in compose
    assert re.findall(r"^ +made (\w+) ", compose, re.MULTILINE) == ["alertmanager", "operator"]
    config = (ROOT / "deploy" / "alertmanager.yml").read_text()
    assert "credentials_file: /etc/patternwatch/alertmanager" in config


def test_the_script_of_the_compose_file_makes_each_token_once(tmp_path: Path) -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    found = re.search(r"entrypoint: \[sh, -euc\]\n +command:\n +- \|\n((?: {8}.*\n)+)", compose)
    assert found is not None
    script = found[1].replace("$$", "$").replace("/tokens/", f"{tmp_path}/")
    settings = {"PATTERNWATCH_DATABASE_URL": f"sqlite:///{tmp_path}/db", "PATTERNWATCH_ACCESS__MODE": "token"}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    seen = []
    for _ in range(2):
        subprocess.run(["sh", "-euc", script], check=True, env={"PATH": path} | settings, capture_output=True)
        seen.append([(tmp_path / name).read_text() for name in ("alertmanager", "operator")])
    assert seen[0] == seen[1]
    assert len({token.strip() for token in seen[0] if token.startswith("pw_")}) == 2


def test_every_image_is_pinned() -> None:
    images = [
        line.split("image:")[1].strip()
        for line in (ROOT / "docker-compose.yml").read_text().splitlines()
        if "image:" in line
    ]
    assert len(images) >= 5
    for image in images:
        name, _, tag = image.partition(":")
        assert tag not in ("", "latest"), f"{name} has no pinned version"


def test_kafka_is_the_one_of_the_development_broker() -> None:
    images = re.findall(r"apache/kafka:(\S+)", (ROOT / "docker-compose.yml").read_text())
    assert images == [kafka_version()], "its version stands in patternwatch/kafka/dev/pom.xml"


def test_node_is_the_one_that_the_page_asks_for() -> None:
    wanted = json.loads((ROOT / "webui/package.json").read_text())["engines"]["node"].removeprefix(">=")
    assert re.findall(r"FROM node:([\d.]+)-", (ROOT / "deploy/Dockerfile").read_text()) == [wanted]
    said = re.findall(r"Node (\d[\d.]*)", (ROOT / "README.md").read_text())
    assert said
    assert set(said) == {wanted}


def test_the_alert_rules_name_metrics_that_exist() -> None:
    named = set(re.findall(r"\b(patternwatch_\w+)", (ROOT / "deploy/rules.yml").read_text()))
    documented = set(re.findall(r"`(patternwatch_\w+)`", (ROOT / "docs/metrics.md").read_text()))
    assert {"patternwatch_dead_letters_total", "patternwatch_set_aside_total"} <= named <= documented


def test_every_setting_of_the_compose_file_is_one() -> None:
    found = re.findall(
        r"^ +(PATTERNWATCH_\w+): (.*)$", (ROOT / "docker-compose.yml").read_text(), re.MULTILINE
    )
    assert len(found) >= 5
    check_names(dict(found), (*WorkerSettings.model_fields, *ApiSettings.model_fields))
