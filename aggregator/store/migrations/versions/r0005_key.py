"""The secrets of pushes leave the database: they are made of a key beside it (store/upkeep/key.py)."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Ask for all leases anew: there is no key yet that the next ones are made of."""
    op.drop_index("pushes_token", "pushes")
    with op.batch_alter_table("pushes") as pushes:
        pushes.alter_column("token", new_column_name="nonce")
        pushes.drop_column("secret")
    op.create_index("pushes_nonce", "pushes", ["nonce"], unique=True)
