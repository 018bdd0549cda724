"""What Alembic runs: the revisions over the connection that `schema.upgrade` gives it."""

from alembic import context

from patternwatch.api.read_model.schema import migration_options

context.configure(connection=context.config.attributes["connection"], **migration_options())
with context.begin_transaction():
    context.run_migrations()
