"""Files that lie at the root of a checkout and inside the package of an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped(in_wheel: str, in_checkout: str) -> Path:
    """The path of a shipped file or folder.

    in_wheel     relative to the package; `setup.py` copies it there when a wheel is built
    in_checkout  relative to the root of the repository; also the answer where there is neither
    """
    inside = _PACKAGE / in_wheel
    return inside if inside.exists() else _PACKAGE.parent / in_checkout
