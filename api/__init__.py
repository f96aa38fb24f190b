"""The door of the product: HTTP in, case file out."""
