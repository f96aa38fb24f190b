"""Suppliers, their offers, and the authorities."""
