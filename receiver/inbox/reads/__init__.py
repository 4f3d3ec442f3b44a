"""What people ask of the store: its status, events, groups, who waits. Nothing here writes."""
