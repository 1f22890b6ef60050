"""What the access package raises."""


class PolicyInvalid(Exception):
    """A policy that cannot be enforced exactly; the sentence names the setting, its value, and what would be right."""
