"""`python -m patternwatch.cli.docs FOLDER` writes every generated document into the folder."""

import sys
from pathlib import Path

from patternwatch.cli.docs.pages import write

if __name__ == "__main__":
    write(Path(sys.argv[1]))
