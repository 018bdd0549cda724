"""A shard is read and scanned; what kills its worker twice is set aside."""
