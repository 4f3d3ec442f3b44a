"""The AOM gateway: keeps every webhook of Academy of Mine and brings a CRM to the state that they
describe.
"""
