"""Writes records: what the CRM holds, what is sent, what it is tied to, and what came of it."""
