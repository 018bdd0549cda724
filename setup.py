"""Puts into a wheel what a checkout holds outside of the package: the page and one recorded incident."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = {
    "webui/dist": "patternwatch/api/page",
    "examples/incidents/orders-pool-leak.parquet": "patternwatch/cli/incidents/orders-pool-leak.parquet",
}
"""Path in a checkout -> path in the wheel; `patternwatch.shipped` finds either."""


class BuildWithShippedFiles(build_py):
    """Copies the shipped files beside the modules; an editable install reads them where they lie."""

    def run(self) -> None:
        """Build, then copy; a wheel without its page is an error."""
        super().run()
        if self.editable_mode:
            return
        root = Path(__file__).parent
        for source, place in SHIPPED.items():
            target = Path(self.build_lib) / place
            if (root / source).is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / source, target)
            elif (root / source / "index.html").is_file():
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(root / source, target)
            else:
                raise SystemExit(f"{source} is missing, and the wheel needs it: run `make web` first")


setup(cmdclass={"build_py": BuildWithShippedFiles})
