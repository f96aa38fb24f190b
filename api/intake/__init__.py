"""What other systems send: E-Собес and the receipts of messages."""
