"""From an alert to a request, from a request to its shards: once for each trouble, people first."""
