"""Writing records to Salesforce: rows, lookups, accounts, parents, roles, and the outcome of each
row.
"""
