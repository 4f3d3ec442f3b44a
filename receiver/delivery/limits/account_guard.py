"""Keeps what is remembered of one CRM account from being written to another.

Tokens and types of connectors are changed under one name: from a CRM's sandbox to production, or by
mistake. The ids of the former account are other records in the new one, or none.
"""

from __future__ import annotations

import structlog

from connectors.base import Connector, ConnectorError, Identifies, Misconfigured, Unavailable
from receiver.inbox import Inbox


class AccountGuard:
    """One connector's, of the `type` that the configuration says."""

    def __init__(self, inbox: Inbox, name: str, type_: str, connector: Connector) -> None:
        self._inbox = inbox
        self._name = name
        self._type = type_
        self._connector = connector
        self._checked_in: int | None = None  # the epoch

    async def check(self, epoch: int) -> None:
        """See in each term once that the account is the one that the ids are of.

        Another type of CRM is meant to be another account: what was known of the former one is
        forgotten. Raises Misconfigured where another account of the same type is found, and what
        asking for it raises.
        """
        if self._checked_in == epoch:
            return
        before, found = await self._inbox.find_account(self._name), await self._find()
        type_, _, account = (before or f"{self._type} ").partition(" ")
        if type_ != self._type:
            account = ""
            records = await self._inbox.forget_account(self._name, epoch)
            structlog.get_logger().warning(
                "connector.other_type", connector=self._name, before=type_, forgotten=records
            )
        self._require(account, found)
        if before != (now := f"{self._type} {found or account}"):
            await self._inbox.keep_account(self._name, now, epoch)
        self._checked_in = epoch

    async def require_same(self) -> None:
        """See that the ids which are remembered are of this account, and change nothing.

        Raises Misconfigured where they are not, and what asking for it raises.
        """
        type_, _, account = (await self._inbox.find_account(self._name) or "").partition(" ")
        if type_ and type_ != self._type:
            raise Misconfigured(
                f"the records that are known were written to another type of CRM ({type_})"
            )
        self._require(account, await self._find())

    def _require(self, account: str, found: str) -> None:
        if account and found and account != found:
            raise Misconfigured(
                f"the credentials lead to another account of the CRM ({found}) than the one that "
                f"was written to until now ({account}). If that is meant: "
                f"`aom-gateway new-account {self._name}` forgets the records of the former one and "
                "goes on; if not: put the former credentials back"
            )

    async def _find(self) -> str:
        if not isinstance(self._connector, Identifies):
            return ""
        try:
            return await self._connector.account()
        except ConnectorError:
            raise
        except Exception as error:
            structlog.get_logger().exception("connector.defect", connector=self._name)
            raise Unavailable(
                f"a defect of the connector ({type(error).__name__}); the gateway's log says where"
            ) from error
