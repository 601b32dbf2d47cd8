"""A linter that finds misused SQLAlchemy sessions; `sqla_lint.run` tells the whole story on one page."""

__version__ = "0.1.0"
