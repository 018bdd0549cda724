"""Series that are not as their own history has it, and what that says of their entities."""
