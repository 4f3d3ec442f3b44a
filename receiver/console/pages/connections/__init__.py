"""The pages of what the gateway is connected to: sources, connectors, and what these hold."""
