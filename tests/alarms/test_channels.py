"""What each kind of channel sends, to real servers."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from receiver.alarms.alarm import Alarm, State
from receiver.alarms.channel import AlarmMessage, NotPosted
from receiver.alarms.channel_factory import name_channel, open_channels
from receiver.alarms.message import alarm_message
from receiver.settings import Alerts
from tests.alarms.mail_server import mail_server
from tests.alarms.receiver import alarm_receiver
from tests.inbox.store import NOW
from tests.settings.configs import MINIMAL, loaded

SECRET = "whsec_" + base64.b64encode(b"a signing secret of the tests").decode()
CONSOLE = "https://hooks.springfield.edu/console"


def message(reason: str = "<!channel> is & was", state: State = "firing") -> AlarmMessage:
    alarm = Alarm("key", "dead_letters", NOW, "crm", reason=reason, count=3)
    return alarm_message(alarm, state, "https://hooks.springfield.edu", CONSOLE)


def alerts(directory: Path, *urls: str, more: str = "") -> Alerts:
    listed = ", ".join(f'"{url}"' for url in urls)
    found = loaded(directory, f"{MINIMAL}\n[alerts]\nurls = [{listed}]\n{more}").alerts
    assert found
    return found


def send(configured: Alerts, *messages: AlarmMessage, id: str = "msg_1") -> None:
    """Send these by every channel."""

    async def main() -> None:
        async with open_channels(configured) as channels:
            for one in channels:
                for each in messages:
                    await one.channel.post(each, id)

    asyncio.run(main())


def test_json_is_signed_where_a_secret_is_set(tmp_path: Path) -> None:
    """As Standard Webhooks want it, so that the package that receivers use takes it and no other
    body; without a secret there is no signature.
    """
    with alarm_receiver() as receiver:
        send(alerts(tmp_path, receiver.url), message())
        assert not [name for name in receiver.headers if name.lower().startswith("webhook-")]
        send(alerts(tmp_path, receiver.url, more=f'secret = "{SECRET}"'), message())
        signed = {name.lower(): value for name, value in receiver.headers.items()}
        assert signed["webhook-id"] == "msg_1"
        assert signed["content-type"] == "application/json"
        taken = Webhook(SECRET).verify(receiver.body, signed)
        assert taken == receiver.messages[-1] == receiver.messages[0]
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(receiver.body + b" ", signed)


def test_json_has_its_text_for_slack(tmp_path: Path) -> None:
    """Where < and & have a meaning; the fields are as they are."""
    with alarm_receiver() as receiver:
        send(alerts(tmp_path, receiver.url), message())
    (sent,) = receiver.messages
    assert "&lt;!channel&gt; is &amp; was" in sent["text"]
    assert sent["reason"] == "<!channel> is & was"
    assert sent["text"].endswith(f" {CONSOLE}/attention")


def test_a_mail_says_it_all(tmp_path: Path) -> None:
    """By a real mail server: the connector, the cause and a link, with a subject; what looks like
    markup in a CRM's words is text.
    """
    with mail_server() as server:
        send(
            alerts(tmp_path, server.url()), message("<b>locked</b> & @all"), message("", "resolved")
        )
        first, second = server.mails
        assert first["subject"] == "AOM gateway: dead letters (crm), firing"
        assert first["to"] == "ops@springfield.edu"
        assert server.recipients[0].endswith("<ops@springfield.edu>")
        body = first.get_body(("plain",))
        assert body
        text = " ".join(body.get_content().split())
        assert "crm refused 3 deliveries" in text
        assert "<b>locked</b> & (at)all" in text
        assert f"{CONSOLE}/attention" in text
        html = first.get_body(("html",))
        assert html is None or "<b>locked</b>" not in html.get_content()
        assert "resolved" in second["subject"]


def test_a_mail_that_is_refused_is_said_without_its_address(tmp_path: Path) -> None:
    """In the words of the mail server, as far as Apprise tells them."""
    with mail_server() as server:
        server.refuse = "550 no such mailbox"
        with pytest.raises(NotPosted, match=r"was not sent: .") as refused:
            send(alerts(tmp_path, server.url()), message())
        assert server.mails == []
        assert "mailto" not in str(refused.value)


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Also by one that closed a moment ago."""
    with mail_server() as server:
        gone = server.url()
    with pytest.raises(NotPosted, match="was not sent"):
        send(alerts(tmp_path, gone), message())


def test_a_channel_has_the_same_name_wherever_it_stands() -> None:
    """Also with another password, which a name must not give away; another address is another."""
    name = name_channel("mailto://dana:one@mail.springfield.edu?to=a@b.edu")
    assert name == name_channel("mailto://dana:two@mail.springfield.edu?to=a@b.edu")
    assert name != name_channel("mailto://dana:one@mail.springfield.edu?to=c@b.edu")
    assert name_channel("https://x/1") != name_channel("https://x/2")


def test_all_addresses_are_secrets_but_a_mail_server(tmp_path: Path) -> None:
    """Tokens wherever they stand in an address; a name of the school's own stays in the log."""
    urls = (
        "mailto://dana:pass%20word1@springfield.edu?to=ops@springfield.edu",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    )
    listed = ", ".join(f'"{url}"' for url in urls)
    secrets = loaded(
        tmp_path, f'{MINIMAL}\n[alerts]\nurls = [{listed}]\nsecret = "{SECRET}"'
    ).secrets()
    assert {*urls, "pass word1", "pass%20word1", SECRET} <= secrets
    assert {"T1JJ3T3L2", "A1BRTD4JD", "TIiajkdnlazkcOXrIdevi7FQ"} <= secrets
    assert not secrets & {"springfield.edu", "ops@springfield.edu"}
