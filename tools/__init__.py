"""Gets the Pulumi engine and runs it against the local Azure; nothing here is imported by a program."""
