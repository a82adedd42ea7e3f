"""The names of what lies in a journal's directory beside its segments."""

CLOSED = "closed.sqlite"
"""The closed orders (`journal.closed`)."""

ARCHIVE = "archive"
"""The segments that were dropped (`journal.archive`)."""

FILED = "filed-*.ids"
"""Lists of orders that were put on file and may leave the gateway's memory."""
