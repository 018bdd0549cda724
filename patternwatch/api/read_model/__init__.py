"""The database behind the routes: built from the topics, read by tenant."""
