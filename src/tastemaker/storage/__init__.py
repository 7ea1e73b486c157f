"""Where a running service keeps users, items and what they do: SQLite by default, PostgreSQL by URL."""
