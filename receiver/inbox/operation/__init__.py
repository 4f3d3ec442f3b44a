"""What the gateway keeps for its own operation: who leads, how connectors stand, which alarms were
sent.
"""
