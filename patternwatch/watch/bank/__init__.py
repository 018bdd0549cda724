"""The bank: incremental statistics of every series, each against its own history."""
