"""Commands for one connector: made, set up in its CRM, led to another account."""
