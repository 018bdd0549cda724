"""The HTTP API: webhook in, reports out, progress as it happens. It knows Kafka, not the streams."""
