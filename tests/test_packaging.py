"""What an installation is made of: one version, and the files that a wheel takes from the checkout."""

import ast
import json
import re
from pathlib import Path

from patternwatch import __version__
from patternwatch.api.settings import ApiSettings
from patternwatch.cli.demo import INCIDENT
from patternwatch.shipped import shipped

ROOT = Path(__file__).resolve().parents[1]
_SAID_OF_THE_PAST = {Path("CHANGELOG.md"), Path("patternwatch/contracts/renamed_settings.py")}
"""They name versions in which something changed."""


def test_the_version_stands_in_one_place() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    assert "version" not in json.loads((ROOT / "webui/package.json").read_text())
    version = re.escape(__version__)
    ours = re.compile(rf"patternwatch\D{{0,40}}[v:=-]{version}|version = \"{version}\"")
    places = [
        ROOT / "docker-compose.yml",
        ROOT / "pyproject.toml",
        *(path for path in (ROOT / "deploy").iterdir() if path.is_file()),
    ]
    places += [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "patternwatch").rglob("*.py")]
    said = {path.relative_to(ROOT) for path in places if ours.search(path.read_text())}
    assert said - _SAID_OF_THE_PAST == set()


def test_generated_documents_bear_the_version() -> None:
    assert json.loads((ROOT / "docs/asyncapi.json").read_text())["info"]["version"] == __version__


def test_what_a_wheel_takes_from_the_checkout_is_found_in_both(tmp_path: Path) -> None:
    (assigned,) = [n for n in ast.parse((ROOT / "setup.py").read_text()).body if isinstance(n, ast.Assign)]
    taken: dict[str, str] = ast.literal_eval(assigned.value)
    found = {str(ApiSettings().web_dir.relative_to(ROOT)), str(INCIDENT.relative_to(ROOT))}
    assert found == set(taken), "the defaults of a checkout are what is copied"
    manifest = (ROOT / "MANIFEST.in").read_text()
    for source, place in taken.items():
        assert source in manifest, "the source archive holds it, since wheels are built from that"
        assert shipped(place.removeprefix("patternwatch/"), source) == ROOT / source
        module = ROOT / "patternwatch" / ("api/settings.py" if "page" in place else "cli/demo.py")
        assert f'"{place.removeprefix("patternwatch/")}", "{source}"' in module.read_text()
    assert shipped("py.typed", "nowhere") == ROOT / "patternwatch/py.typed", "the package comes first"
