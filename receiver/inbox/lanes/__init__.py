"""What is delivered: lanes that are ready, their settlement, replay and order, and what CRMs hold
of ours.
"""
