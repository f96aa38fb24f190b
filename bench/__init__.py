"""What a case costs, beside a bare Temporal flow of the same shape in the same run."""
