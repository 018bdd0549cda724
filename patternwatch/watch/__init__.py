"""Always on: watched clusters, from repeated reports to episodes. Pure: no clock, no network."""
