"""What may be written of a record's fields: whose they are, and which options they take."""
