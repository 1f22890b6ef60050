"""What goes wrong in the command itself."""


class CommandError(Exception):
    """What was asked for cannot be done; the text says why, and what to do."""
