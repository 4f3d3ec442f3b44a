"""What a SQLite file needs beside its tables: one owner, a watch over its files, its damage and its
log.
"""
