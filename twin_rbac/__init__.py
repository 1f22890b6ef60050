"""Per-tenant access to one Azure Digital Twins graph; each part is imported by its own name."""
