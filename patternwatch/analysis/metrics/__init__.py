"""What a metric measures, and how its values are told to people."""
