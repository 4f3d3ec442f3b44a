"""What every table of the store needs: engine, tables, migrations, transactions, text and times.

Only the other folders of `receiver.inbox` use it; outside, the errors and filters by way of
`receiver.inbox`.
"""
