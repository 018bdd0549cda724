"""`python -m patternwatch.cli`."""

from patternwatch.cli.main import app

app()
