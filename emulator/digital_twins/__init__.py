"""The data plane of an Azure Digital Twins instance."""
