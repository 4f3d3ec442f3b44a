"""What rendering works on: stored events, each read once, and what they make known of people."""
