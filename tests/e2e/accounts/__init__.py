"""HubSpot and Salesforce seen as one: an account to write to, by what both have, and what is in it
then.
"""

from tests.e2e.accounts.account import Account
from tests.e2e.accounts.hubspot import HubSpotAccount, hubspot
from tests.e2e.accounts.salesforce import SalesforceAccount, salesforce
from tests.e2e.accounts.setup import CRMS, configure

__all__ = [
    "CRMS",
    "Account",
    "HubSpotAccount",
    "SalesforceAccount",
    "configure",
    "hubspot",
    "salesforce",
]
