"""When, how often, how much and how long a connector may be called."""
