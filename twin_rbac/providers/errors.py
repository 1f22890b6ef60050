"""What goes wrong in a provider itself.

ProviderError
  RouteTaken        an event route of somebody else has the name
  PackageNotBuilt   the gateway's package cannot be made here
  PublishFailed     the app does not run the package
    StorageRefused  the app's identity may not write its own storage, perhaps not yet
"""


class ProviderError(Exception):
    """A dynamic resource cannot do its work."""


class RouteTaken(ProviderError):
    """An event route that the program did not make has the name of one that it declares, and leads elsewhere."""


class PackageNotBuilt(ProviderError):
    """The gateway's package cannot be made; the text says what to do."""


class PublishFailed(ProviderError):
    """The function app does not run the package; the text says where to look. Another run publishes again."""


class StorageRefused(PublishFailed):
    """The app's identity may not write the package into its own storage, perhaps not yet."""
