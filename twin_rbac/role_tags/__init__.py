"""Role tags on twins: manifest, plan, apply, verify."""
