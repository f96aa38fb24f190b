"""Money: amounts, the ledger of an order, its payments and the treasury's word on them."""
