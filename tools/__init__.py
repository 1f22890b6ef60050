"""Gets the Pulumi engine and runs it against the local Azure; what `make` calls. Nothing a user imports."""
