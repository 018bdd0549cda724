"""The hooks before a commit and `make lint` are one list of checks."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def checks_of_make_lint() -> list[str]:
    recipe = re.search(r"^lint:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe, "there is no target `lint` with a recipe"
    return [line.strip().lstrip("@").replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]


def test_the_hooks_run_what_make_lint_runs() -> None:
    hooks = re.findall(r"^ +entry: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    assert hooks == checks_of_make_lint()


def test_no_hook_is_fetched_and_each_runs_over_the_whole_tree() -> None:
    config = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"repo: (\S+)", config) == ["local"]
    hooks = config.count("- id: ")
    assert hooks == config.count("language: system") == config.count("pass_filenames: false")
