"""Signing in by a provider that others made, started here (`make verify-oidc`)."""
