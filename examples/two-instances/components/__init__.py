"""This program's own components; the package's are `twin_rbac.components`."""

from .plants import Plant, load_plants

__all__ = ["Plant", "load_plants"]
