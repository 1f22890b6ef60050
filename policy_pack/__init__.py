"""The policy pack: Pulumi runs the folder itself (`__main__.py`), our tests import its rules."""
