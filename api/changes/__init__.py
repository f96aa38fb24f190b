"""Changes of the law and of reference data: proposed by one administrator, approved by another."""
