"""What goes wrong with the embedded server, in words for the person at the keyboard."""


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be had; the message says what was tried, what came back and what to do."""
