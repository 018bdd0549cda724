"""The way of a record into an agent: Faust app, decoding, offsets, dead letters, watchdog."""
