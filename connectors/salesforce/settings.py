"""What a `[connectors.NAME]` table with `type = "salesforce"` may hold."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from connectors.base import ConnectorSettings
from connectors.salesforce.domain import my_domain

OLDEST_VERSION = 46  # the first with upsert by sObject Collections
DUPLICATE_RULES_VERSION = 52  # the first that reads Sforce-Duplicate-Rule-Header

SIGN_IN = (
    "Setup → External Client App Manager → New External Client App, with the client credentials "
    "flow"
)

KEY = "AOM_Key__c"
DEAL_KEY = "AOM_Order_Key__c"
"""Hold the keys, of the Opportunity and of all other objects, unless something else is said."""

ACCOUNT_ID = r"^001[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?$"

FieldName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


def _version(text: object) -> object:
    found = re.fullmatch(r"v?(\d+)(\.0)?", str(text).strip())
    return f"{found[1]}.0" if found else text


class AccountSettings(BaseModel):
    """The Account that new Contacts and Opportunities stand under.

    Who stands under one already stays there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: Annotated[
        Literal["none", "fixed", "person", "domain"],
        Field(
            description="none, one for all, one per person, or one per organisation's mail domain"
        ),
    ] = "none"
    id: Annotated[
        str | None, Field(pattern=ACCOUNT_ID, description="the fixed Account, by its id")
    ] = None
    key: Annotated[
        str | None, Field(min_length=1, description="or by what stands in key_field")
    ] = None
    key_field: Annotated[
        FieldName, Field(description="the field of Account that holds the key: External ID, unique")
    ] = KEY

    @model_validator(mode="after")
    def named_if_fixed(self) -> Self:
        named = (self.id is not None) + (self.key is not None)
        if named != (self.policy == "fixed"):
            raise ValueError(
                'policy = "fixed" takes either id or key, and no other policy takes any of them'
            )
        return self


class SalesforceSettings(ConnectorSettings):
    """Sign-in by an External Client App: with `client_secret` (client credentials), or `username`
    and `private_key_file` (JWT).
    """

    record_settings: ClassVar[tuple[str, ...]] = (
        *("contact_key", "deal_key", "account"),
        *("several_matches", "match_leads", "duplicate_alerts", "last_name"),
    )

    domain: Annotated[
        str,
        AfterValidator(my_domain),
        Field(description="your My Domain: acme.my, a host name or a URL"),
    ]
    client_id: Annotated[
        str, Field(min_length=1, description="the Consumer Key of the External Client App")
    ]
    client_secret: Annotated[
        SecretStr | None, Field(description="its Consumer Secret, for the client credentials flow")
    ] = None
    username: Annotated[
        str | None, Field(description="the user to run as, for the JWT bearer flow")
    ] = None
    private_key_file: Annotated[
        str | None,
        Field(description="the key of the app's certificate (PEM), for the JWT bearer flow"),
    ] = None
    base_url: Annotated[
        str | None, Field(pattern=r"^https?://[^/]", description="another server, for tests")
    ] = None
    timeout_seconds: Annotated[
        float, Field(ge=1, le=600, description="how long one writing call may take")
    ] = 120.0
    api_version: Annotated[
        str,
        BeforeValidator(_version),
        Field(pattern=r"^\d+\.0$", description="the version of the REST API"),
    ] = "66.0"

    contact_key: Annotated[
        FieldName, Field(description="the field of Contact that holds our key: External ID, unique")
    ] = KEY
    deal_key: Annotated[FieldName, Field(description="the same of Opportunity")] = DEAL_KEY
    account: Annotated[
        AccountSettings, Field(description="what new Contacts and Opportunities stand under")
    ] = AccountSettings()
    several_matches: Annotated[
        Literal["oldest", "newest", "dead_letter"],
        Field(description="which Contact to take over if several have a new person's e-mail"),
    ] = "oldest"
    match_leads: Annotated[
        bool,
        Field(
            description="leave a person who is an unconverted Lead to the sales team (dead letter)"
        ),
    ] = False
    duplicate_alerts: Annotated[
        Literal["allow", "refuse"],
        Field(
            description=(
                "whether to write what a duplicate rule only warns of (blocking ones always hold)"
            )
        ),
    ] = "allow"
    last_name: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=80,
            description="LastName of who has none; absent: the e-mail's local part",
        ),
    ] = None
    on_forget: Annotated[
        Literal["empty", "delete"],
        Field(
            description=(
                "`forget --in-crm` empties the fields that the gateway writes, or deletes the "
                "Contact"
            )
        ),
    ] = "empty"
    daily_share: Annotated[
        float, Field(gt=0, le=1, description="stop at this share of the org's API calls of a day")
    ] = 0.9

    permission_set: Annotated[
        FieldName, Field(description="the permission set that `provision` makes")
    ] = "AOM_Gateway"
    provision_token: Annotated[
        SecretStr | None,
        Field(description="an administrator's access token, for `provision` alone"),
    ] = None

    @field_validator("api_version")
    @classmethod
    def with_collections(cls, version: str) -> str:
        if int(version.removesuffix(".0")) < OLDEST_VERSION:
            raise ValueError(
                f"{version} has no upsert by collections; {OLDEST_VERSION}.0 is the oldest that has"
            )
        return version

    @model_validator(mode="after")
    def heeded_duplicate_alerts(self) -> Self:
        if self.duplicate_alerts == "allow" and float(self.api_version) < DUPLICATE_RULES_VERSION:
            raise ValueError(
                f'api_version {self.api_version} does not know duplicate_alerts = "allow": '
                f"set api_version to {DUPLICATE_RULES_VERSION}.0 or later, or "
                'duplicate_alerts to "refuse"'
            )
        return self

    @model_validator(mode="after")
    def one_way_in(self) -> Self:
        jwt = self.username is not None and self.private_key_file is not None
        half = (self.username is None) != (self.private_key_file is None)
        if half or jwt == (self.client_secret is not None):
            raise ValueError(
                f"give client_secret ({SIGN_IN}), or username and private_key_file (JWT "
                "bearer flow), not both"
            )
        return self


def key_field_of(settings: SalesforceSettings, name: str, named: str | None = None) -> str:
    """Give the field of an object (by Salesforce's name) that holds our key; `named` is what the
    mapping says, or the default.
    """
    own = {"Contact": settings.contact_key, "Opportunity": settings.deal_key}
    default = {"Contact": KEY, "Opportunity": DEAL_KEY}
    return own.get(name, KEY) if named in (None, default.get(name)) else str(named)
