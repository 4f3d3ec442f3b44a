"""Connectors as they were when a version of the interface was new.

Never edit them: they are what others have installed. Where a test with them fails, the gateway is
at fault; a connector for a new version is added beside them.
"""
