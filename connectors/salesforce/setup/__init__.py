"""What an org must have for a mapping: checked online, planned, and provisioned."""
