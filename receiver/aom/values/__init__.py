"""The values in AOM's payloads: addresses, dates, amounts, currencies, statuses; each read or
refused.
"""
