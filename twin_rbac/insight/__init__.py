"""Answers about access and health: what the command prints."""
