"""The rule: what a role assignment allows. Pure."""
