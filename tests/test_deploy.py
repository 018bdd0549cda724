"""The compose file and the configurations beside it are ones that the real programs accept."""

import json
import re
import subprocess
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


def test_every_setting_of_the_compose_file_is_one() -> None:
    found = re.findall(
        r"^ +(PATTERNWATCH_\w+): (.*)$", (ROOT / "docker-compose.yml").read_text(), re.MULTILINE
    )
    assert len(found) >= 5
    check_names(dict(found), (*WorkerSettings.model_fields, *ApiSettings.model_fields))
