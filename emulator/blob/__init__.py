"""Blob storage: block blobs of all storage accounts, on one port."""
