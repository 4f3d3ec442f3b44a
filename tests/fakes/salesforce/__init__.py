"""A strict, stateful Salesforce over real HTTP: as strict as Salesforce's documentation and its
users' reports say.
"""

from tests.fakes.salesforce.client import Admin
from tests.fakes.salesforce.fake import FakeSalesforce

__all__ = ["Admin", "FakeSalesforce"]
