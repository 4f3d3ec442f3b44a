"""The documentation: pages for people, and what fills them from the code."""
