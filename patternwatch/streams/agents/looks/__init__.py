"""Reports that grow: looked at again, tried again, waiting for room, forgotten."""
