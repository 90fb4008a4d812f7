"""Alembic migrations, numbered; ``archive.database.migrate`` runs them. An empty database starts at the newest."""
