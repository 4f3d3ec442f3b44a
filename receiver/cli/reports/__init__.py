"""What commands print about cases, differences, imports and records."""
