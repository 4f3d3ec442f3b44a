"""Salesforce: Contacts, Opportunities with their contact roles, and custom objects, by sObject
Collections.
"""

from connectors.salesforce.connector import SalesforceConnector

__all__ = ["SalesforceConnector"]
