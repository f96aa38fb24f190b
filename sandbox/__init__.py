"""The outside world for development: E-Собес, gateways, treasury, certificates, identity, clock."""
