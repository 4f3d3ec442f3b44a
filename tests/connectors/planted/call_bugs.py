"""Bugs in the calls: the gate, the loop, time-outs, connections, secrets, and what an answer
means.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx

from connectors.base import (
    AuthFailed,
    BatchRefused,
    ConnectorError,
    Context,
    Outcome,
    Record,
    Refused,
    Saved,
    Throttled,
    Unavailable,
)
from connectors.testing import Gate, calls, faults, records
from tests.connectors.planted.bug import Bug
from tests.connectors.planted.connector import (
    TLS,
    PlainConnector,
    PlainSettings,
    RefusedCall,
    open_client,
)

Query = Mapping[str, str] | None


class AsksNoGate(PlainConnector):
    def __init__(self, settings: PlainSettings, context: Context) -> None:
        super().__init__(settings, without_gate(context))


class AsksTheGateOnceForMany(PlainConnector):
    def __init__(self, settings: PlainSettings, context: Context) -> None:
        super().__init__(settings, without_gate(context))
        self.gate = context.calls

    async def upsert(self, object: str, records: Sequence[Record]) -> Sequence[Outcome]:
        if records:
            await self.gate.take()
        return await super().upsert(object, records)


class AsksTheGateAfterwards(PlainConnector):
    def __init__(self, settings: PlainSettings, context: Context) -> None:
        super().__init__(settings, without_gate(context))
        self.gate = context.calls

    async def send(self, method: str, url: str, body: Any, query: Query) -> httpx.Response:
        answer = await super().send(method, url, body, query)
        await self.gate.take()
        return answer


class AsksTheGateTwice(PlainConnector):
    async def send(self, method: str, url: str, body: Any, query: Query) -> httpx.Response:
        await self.context.calls.take()
        return await super().send(method, url, body, query)


class HoldsTheLoop(PlainConnector):
    async def send(self, method: str, url: str, body: Any, query: Query) -> httpx.Response:
        with httpx.Client(verify=TLS, trust_env=False, timeout=self.context.timeout) as client:
            return client.request(  # noqa: ASYNC212 - the bug
                method, url, json=body, params=query, headers=self.headers()
            )


class WaitsForEver(PlainConnector):
    async def send(self, method: str, url: str, body: Any, query: Query) -> httpx.Response:
        return await self.client.request(
            method, url, json=body, params=query, headers=self.headers()
        )


class WaitsFromByteToByte(PlainConnector):
    async def send(self, method: str, url: str, body: Any, query: Query) -> httpx.Response:
        try:
            return await self.client.request(
                method,
                url,
                json=body,
                params=query,
                headers=self.headers(),
                timeout=self.context.timeout,
            )
        except httpx.TimeoutException as error:
            raise TimeoutError from error


class TakesSilenceForNoAnswer(PlainConnector):
    def timed_out(self, words: str) -> ConnectorError:
        return Unavailable(words)


class LeavesTheClientOpen(PlainConnector):
    async def aclose(self) -> None:
        pass


class OpensAClientForEachCall(PlainConnector):
    async def send(self, method: str, url: str, body: Any, query: Query) -> httpx.Response:
        self.__dict__.setdefault("others", []).append(self.client)
        self.client = open_client()
        return await super().send(method, url, body, query)


class RefusesWhereTheKeyIs(PlainConnector):
    def understand(self, answer: httpx.Response) -> Any:
        return refuse(answer, 401)


class RefusesWhatIsForbidden(PlainConnector):
    def understand(self, answer: httpx.Response) -> Any:
        return super().understand(answer) if answer.status_code != 403 else refuse(answer, 403)


class RefusesWhatIsTooMuch(PlainConnector):
    def understand(self, answer: httpx.Response) -> Any:
        return super().understand(answer) if answer.status_code != 429 else refuse(answer, 429)


class BacksOffInsteadOfWaiting(PlainConnector):
    def understand(self, answer: httpx.Response) -> Any:
        try:
            return super().understand(answer)
        except Throttled as error:
            raise Unavailable(str(error), error.retry_after) from error


class IgnoresRetryAfter(PlainConnector):
    def understand(self, answer: httpx.Response) -> Any:
        try:
            return super().understand(answer)
        except Throttled as error:
            raise Throttled(str(error)) from error


class RefusesWhatIsDown(PlainConnector):
    def understand(self, answer: httpx.Response) -> Any:
        down = answer.status_code >= 500
        return refuse(answer, answer.status_code) if down else super().understand(answer)


class SplitsWhatIsDown(PlainConnector):
    def understand(self, answer: httpx.Response) -> Any:
        try:
            return super().understand(answer)
        except Unavailable as error:
            raise BatchRefused("DOWN", str(error)) from error


class RefusesPages(PlainConnector):
    def understand(self, answer: httpx.Response) -> Any:
        page = answer.headers.get("Content-Type", "").startswith("text/html")
        return refuse(answer, answer.status_code) if page else super().understand(answer)


class LetsJsonErrorsOut(PlainConnector):
    def understand(self, answer: httpx.Response) -> Any:
        return answer.json() if answer.is_success else super().understand(answer)


class TakesAnySuccessForSaved(PlainConnector):
    async def write(self, record: Record, types: Mapping[str, str]) -> Outcome:
        try:
            return await super().write(record, types)
        except Unavailable as error:
            if "without JSON" not in str(error):
                raise
            return Saved(record.id or "0")


class LetsClientErrorsOut(PlainConnector):
    async def call(self, method: str, path: str, body: Any = None, query: Query = None) -> Any:
        await self.context.calls.take()
        url = self.settings.base_url + path
        return self.understand(await self.send(method, url, body, query))


class RepeatsBlindly(PlainConnector):
    async def send(self, method: str, url: str, body: Any, query: Query) -> httpx.Response:
        try:
            return await super().send(method, url, body, query)
        except httpx.TransportError:
            await self.context.calls.take()
            return await super().send(method, url, body, query)


class RefusesAfterAFault(PlainConnector):
    broken = False

    async def outcome(self, record: Record, types: Mapping[str, str]) -> Outcome:
        if self.broken:
            return Refused("BROKEN", "the connection is broken")
        try:
            return await super().outcome(record, types)
        except Unavailable:
            self.broken = True
            raise


class TellsTheKeyInErrors(PlainConnector):
    def understand(self, answer: httpx.Response) -> Any:
        if answer.status_code >= 500:
            raise Unavailable(f"{answer.status_code} for {dict(answer.request.headers)}")
        return super().understand(answer)


class TellsWhatTheAccountSays(PlainConnector):
    def understand(self, answer: httpx.Response) -> Any:
        if answer.status_code == 401:
            raise AuthFailed(f"the CRM refuses the key: {answer.text}")
        return super().understand(answer)


class TellsTheKeyInTheAddress(PlainConnector):
    async def send(self, method: str, url: str, body: Any, query: Query) -> httpx.Response:
        key = self.settings.api_key.get_secret_value()
        return await super().send(method, url, body, {**(query or {}), "api_key": key})

    def headers(self) -> dict[str, str]:
        return {}


class TellsTheKeyInTheLog(PlainConnector):
    def headers(self) -> dict[str, str]:
        headers = super().headers()
        logging.getLogger("plain").debug("calling with %s", headers)
        return headers


class TellsTheKeyInItsRepr(PlainConnector):
    def __repr__(self) -> str:
        return f"PlainConnector({self.headers()})"


def without_gate(context: Context) -> Context:
    return replace(context, calls=Gate())


def refuse(answer: httpx.Response, status: int) -> Any:
    """Take an answer for a refusal of the record."""
    if answer.status_code == status:
        raise RefusedCall(Refused(f"HTTP_{status}", f"the CRM answers {status}"))
    return answer.json()


GATE = calls.the_gate_is_taken_once_for_each_request
PAUSE = faults.refused_calls_pause_the_connector
NO_JSON = faults.what_is_no_json_is_unavailable
SECRETS = calls.secrets_stay_secret

BUGS = (
    Bug(AsksNoGate, records.the_gate_is_asked_before_calls, "upsert did without"),
    Bug(AsksTheGateOnceForMany, GATE, "when request 2 of upsert came in, the gate had .* for 1"),
    Bug(AsksTheGateAfterwards, GATE, "when request 1 of upsert came in, the gate had .* for 0"),
    Bug(AsksTheGateTwice, GATE, "upsert took 6, and made 3 requests"),
    Bug(HoldsTheLoop, calls.the_loop_is_never_held, "while upsert waited for the account"),
    Bug(WaitsForEver, faults.silence_times_out, "get silence: a call ends after timeout_seconds"),
    Bug(WaitsFromByteToByte, faults.silence_times_out, "never ends: a call ends after"),
    Bug(TakesSilenceForNoAnswer, faults.silence_times_out, "no answer in time is TimedOut"),
    Bug(LeavesTheClientOpen, calls.connections_are_closed, "1 to the account stayed open"),
    Bug(OpensAClientForEachCall, calls.connections_are_closed, "to the account stayed open"),
    Bug(RefusesWhereTheKeyIs, PAUSE, "get 401: .*Refused"),
    Bug(RefusesWhatIsForbidden, PAUSE, "get 403: .*Refused"),
    Bug(RefusesWhatIsTooMuch, faults.too_many_requests_are_throttled, "get 429: .*Refused"),
    Bug(BacksOffInsteadOfWaiting, faults.too_many_requests_are_throttled, "not Unavailable"),
    Bug(IgnoresRetryAfter, faults.too_many_requests_are_throttled, "seconds of Retry-After, 7"),
    Bug(RefusesWhatIsDown, faults.server_errors_are_unavailable, "get 500: .*Refused"),
    Bug(SplitsWhatIsDown, faults.server_errors_are_unavailable, "not BatchRefused"),
    Bug(RefusesPages, NO_JSON, "an HTML page with the status 200: .*Refused"),
    Bug(LetsJsonErrorsOut, NO_JSON, "a ConnectorError is raised, not JSONDecodeError"),
    Bug(TakesAnySuccessForSaved, NO_JSON, "nothing is Saved that is not there"),
    Bug(LetsClientErrorsOut, faults.a_lost_connection_is_unavailable, "not ReadError"),
    Bug(RepeatsBlindly, faults.a_lost_connection_is_unavailable, "makes no second record"),
    Bug(RefusesAfterAFault, faults.server_errors_are_unavailable, "account works again"),
    Bug(TellsTheKeyInErrors, SECRETS, "one is in the error Unavailable"),
    Bug(TellsWhatTheAccountSays, SECRETS, "one is in the error AuthFailed"),
    Bug(TellsTheKeyInTheAddress, SECRETS, "one is in the address of a request"),
    Bug(TellsTheKeyInTheLog, SECRETS, "one is in a log line"),
    Bug(TellsTheKeyInItsRepr, SECRETS, "one is in its repr"),
)
