"""From an alert or a selector to a request, and from a request to its shards."""
