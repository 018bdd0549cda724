from pathlib import Path

from patternwatch.cli.documents import settings_document

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_of_settings_says_what_the_settings_are() -> None:
    assert (DOCS / "settings.md").read_text() == settings_document(), "run `make docs`"


def test_every_setting_says_what_it_is_for() -> None:
    rows = [line.split(" | ") for line in settings_document().splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    silent = [row[0] for row in rows if row[-1].strip() in ("", "|")]
    assert not silent
