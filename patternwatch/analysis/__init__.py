"""Pure functions from a request to a report: plan, scan (map), conclude (reduce). No clocks, no network."""
