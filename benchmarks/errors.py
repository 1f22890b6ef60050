"""What stops a benchmark."""


class BenchmarkFailed(Exception):
    """It cannot measure; the text says what to do."""
