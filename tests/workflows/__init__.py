"""The hosts of cases on real servers."""
