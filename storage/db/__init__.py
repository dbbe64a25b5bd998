"""The console's own database: the only importer of SQLAlchemy and Alembic. A module a noun."""
