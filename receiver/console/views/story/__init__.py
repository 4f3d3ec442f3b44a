"""The story of an event: what happened to it, step by step, and whether it is in the CRM."""
