"""Every generated document, and how they are written."""

from pathlib import Path

from patternwatch.cli.docs.commands import commands_document
from patternwatch.cli.docs.contracts import documents
from patternwatch.cli.docs.metrics import metrics_document
from patternwatch.cli.docs.settings import settings_document


def every_document() -> dict[str, str]:
    """Path under docs/ and text of every generated document."""
    pages = {
        "settings.md": settings_document(),
        "metrics.md": metrics_document(),
        "cli.md": commands_document(),
    }
    return documents() | pages


def write(folder: Path) -> None:
    """Write them all under this folder."""
    for path, text in every_document().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
