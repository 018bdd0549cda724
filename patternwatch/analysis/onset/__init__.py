"""When the trouble began: the rows that may be it, and where each series itself began."""
