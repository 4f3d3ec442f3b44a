"""What all that speaks HTTP shares: authentication, limits of senders, request bodies, and answers
that say what was wrong. Serving itself is in `receiver.server`.
"""
