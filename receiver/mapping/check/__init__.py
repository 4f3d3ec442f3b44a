"""All that can be said of routes and their expressions before the first event."""
