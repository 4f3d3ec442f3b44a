"""From a call to the inbox: what is said to a sender, and what is kept of what it sent."""
