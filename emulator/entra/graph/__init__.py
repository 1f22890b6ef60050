"""Microsoft Graph v1.0, as far as application registrations go."""
