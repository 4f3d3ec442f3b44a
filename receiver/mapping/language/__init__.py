"""The language of expressions: parsed, compiled, bounded and run. Knows no routes."""
