"""The pages of what waits for a decision, and of what is done about it."""
