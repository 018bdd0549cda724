"""Who may use the API: from credentials to a caller, and what a caller may do."""
