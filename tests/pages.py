"""The written pages of the repository, and what the tests of them read out of them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG = ROOT / "CHANGELOG.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
"""Every page at the top of the repository and under docs/, the generated ones too."""


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def code_of(text: str) -> list[str]:
    """Every line of the code blocks, and every inline code span that stands on one line."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", prose)


def paragraphs_of(text: str) -> list[str]:
    """The prose: paragraphs, list items and table rows, each as one line; no code blocks."""
    prose = re.sub(r"^```.*?^```", "\n", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^(?=[-|#]|\d+\. )", "\n", prose, flags=re.MULTILINE)
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", prose) if part.strip()]


def table_after(text: str, heading: str) -> list[list[str]]:
    """The rows, without the head, of the first table under a heading."""
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]
