"""How the list led to a report: what it called it, and whose list it was. Reading it anew needs both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds both to reports; those that are there already have neither until they are read again."""
    op.add_column("reports", sa.Column("link", sa.Text(), nullable=True))
    op.add_column("reports", sa.Column("listed", sa.Text(), nullable=True))
