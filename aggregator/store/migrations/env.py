"""What alembic runs to migrate: always on the connection that ``migrate`` hands over."""

from alembic import context

from aggregator.store.schema import metadata

# SQLite changes a table by copying it, which alembic calls a batch.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
