"""A real Kafka node for development and tests: its jars, its process, and the commands over them."""
