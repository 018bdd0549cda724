"""`python -m patternwatch.cli.docs FOLDER` writes every generated document into the folder."""

import argparse
from pathlib import Path

from patternwatch.cli.docs.pages import write

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m patternwatch.cli.docs", description=__doc__)
    parser.add_argument("folder", type=Path, help="where they are written; made where it does not exist")
    write(parser.parse_args().folder)
