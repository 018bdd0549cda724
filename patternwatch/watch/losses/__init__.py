"""What the users of each workload lose: requests that fail, and requests that do not come."""
