"""The treasury's reports, and the money of a day."""
