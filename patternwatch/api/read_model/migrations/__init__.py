"""The revisions of the tables (Alembic), from the first one on; they are shipped with the package."""
