"""What `ozhb doctor` looks at: PostgreSQL, Temporal, and the systems outside."""
