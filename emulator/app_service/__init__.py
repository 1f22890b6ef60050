"""App Service: publishes packages to sites, really runs them, and guards their front ends."""
