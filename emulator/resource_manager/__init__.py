"""Azure Resource Manager: resources, role definitions, role assignments."""
