"""What a case costs, beside a bare Temporal flow and DBOS of the same shape in the same run."""
