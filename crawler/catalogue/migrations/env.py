"""What Alembic runs around the migrations, on the connection that `crawler.catalogue.database` gives it.

To write a new one: change the model, copy the newest file under ``versions``, and set `crawler.catalogue.model.SCHEMA`.
A test compares what the migrations make with the model.
"""

from __future__ import annotations

from alembic import context

from crawler.catalogue.model import SCHEMA_TABLE, Base


def migrate() -> None:
    """Applies the migrations within the transaction that the connection has begun."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        version_table=SCHEMA_TABLE.name,
        render_as_batch=True,  # SQLite changes a table by making it anew
    )
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name under which Alembic loads this file; whoever imports it gets the function
    migrate()
