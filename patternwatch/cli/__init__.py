"""The command line: the composition root of every process."""
