"""What talks to Azure: the credential, one client of an instance, one of Resource Manager."""
