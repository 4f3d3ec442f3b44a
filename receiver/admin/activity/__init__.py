"""What goes on: which sources call, and which alarms hold."""
