"""The rules of a measure, pure: no clock, no I/O, no Temporal, no SQL."""
