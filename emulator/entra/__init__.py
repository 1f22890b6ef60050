"""Entra ID: principals, tokens, keys, the managed-identity endpoint."""
