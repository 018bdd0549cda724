"""Stand-ins for what lies outside of the code under test, each checked by mypy against what it stands for."""
