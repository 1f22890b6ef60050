"""The Azure Digital Twins query language: nodes, tokens, parser, visitor. Pure."""
