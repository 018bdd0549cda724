"""The compose file and the configurations beside it are ones that the real programs accept."""

import subprocess
from pathlib import Path

import pytest

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
