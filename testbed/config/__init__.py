"""Configuration files of the servers and exporters, rendered as text."""
