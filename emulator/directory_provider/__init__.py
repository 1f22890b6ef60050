"""The stand-in for the azuread provider plugin."""
