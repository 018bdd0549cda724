import re
from pathlib import Path

from typer.main import get_command

from patternwatch.cli.docs.commands import commands_document
from patternwatch.cli.docs.metrics import metrics_document
from patternwatch.cli.docs.settings import settings_document
from patternwatch.cli.main import app

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_of_settings_says_what_the_settings_are() -> None:
    assert (DOCS / "settings.md").read_text() == settings_document(), "run `make docs`"


def test_every_setting_says_what_it_is_for() -> None:
    rows = [line.split(" | ") for line in settings_document().splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    silent = [row[0] for row in rows if row[-1].strip() in ("", "|")]
    assert not silent


def test_the_page_of_metrics_says_what_is_measured() -> None:
    assert (DOCS / "metrics.md").read_text() == metrics_document(), "run `make docs`"


def test_every_metric_bears_our_name_and_says_what_it_is() -> None:
    rows = [line.split(" | ") for line in metrics_document().splitlines() if line.startswith("| `")]
    assert len(rows) > 15
    assert all(row[0].startswith("| `patternwatch_") for row in rows)
    assert all(row[-1].strip(" |") for row in rows)


def test_the_page_of_commands_says_what_the_commands_are() -> None:
    assert (DOCS / "cli.md").read_text() == commands_document(), "run `make docs`"


def test_every_option_says_what_it_is_for() -> None:
    document = commands_document()
    rows = [line.split(" | ") for line in document.splitlines() if line.startswith("| `")]
    assert len(rows) > 50
    assert not [row[0] for row in rows if row[-1].strip(" |") == ""]
    for command in ("up", "demo", "kafka start", "models compare", "examples list"):
        assert f"## `patternwatch {command}`" in document


def test_every_option_of_the_page_is_one_that_its_command_takes() -> None:
    sections = commands_document().split("\n## `patternwatch ")[1:]
    for section in sections:
        words = section.split("`", 1)[0].split()
        command = get_command(app)
        for word in words:
            command = getattr(command, "commands")[word]  # noqa: B009 - a group's, whatever Click's class
        taken = {name for parameter in command.params for name in parameter.opts}
        told = set(re.findall(r"^\| `(--[^`]+)`", section, re.MULTILINE))
        assert told <= taken, (words, told - taken)
