"""One algorithm a file, one contract for all: values in, score and flags out. No labels, no I/O."""
