"""Which series are the same thing, how often they are scraped, how they are written."""
