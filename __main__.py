"""Per-tenant access to one Azure Digital Twins graph: reads the stack's config and builds the stack."""

import pulumi

from components import build_stack, load_config

for name, value in build_stack(load_config()).items():
    pulumi.export(name, value)
