"""The command twin-rbac."""
