"""The function app: answers a tenant's reads like Azure Digital Twins, with the tenant's own twins alone."""
