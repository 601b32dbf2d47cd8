"""What the tests share: reading pages and their markers, linting examples, and running them against SQLAlchemy."""
