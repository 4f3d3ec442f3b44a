"""What an account must have for a mapping: checked online, planned, and provisioned."""
