"""What the services do with their resources, by type."""
