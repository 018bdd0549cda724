"""What the routes answer and take, by subject, where it is no message of the contracts itself."""
