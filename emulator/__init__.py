"""The local Azure: Resource Manager, Entra ID and Azure Digital Twins instances, on loopback."""
