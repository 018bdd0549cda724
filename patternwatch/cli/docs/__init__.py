"""The documents that are written from the code: `python -m patternwatch.cli.docs FOLDER` (`make docs`)."""
