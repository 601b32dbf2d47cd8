"""SQLAlchemy's API, and what surrounds it, as tables."""
