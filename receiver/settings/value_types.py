"""The kinds of values that the gateway's own tables hold."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global
from pydantic import AfterValidator, BeforeValidator, SecretStr

from receiver.config_errors import RemediedError, suggest_name

FRESH = "`aom-gateway init` writes fresh ones"


def _token(secret: SecretStr) -> SecretStr:
    token = secret.get_secret_value()
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", token):
        raise RemediedError(
            "holds characters that do not go into a URL",
            f"use letters, digits, '-', '_', '.' and '~'; {FRESH}",
        )
    return secret


Token = Annotated[SecretStr, AfterValidator(_token)]
"""Part of the URL that is pasted into AOM."""


def _time_zone(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
        remedy = suggest_name(
            value, sorted(available_timezones()), "use a name like America/New_York; known"
        )
        raise RemediedError(f"there is no time zone {value!r}", remedy) from None


TimeZone = Annotated[ZoneInfo, BeforeValidator(_time_zone)]


def _currency(code: str) -> str:
    known = get_global("all_currencies")
    if code.upper() not in known:
        raise RemediedError(
            f"there is no currency {code!r}", "use a code of ISO 4217, like USD or EUR"
        )
    return code.upper()


Currency = Annotated[str, AfterValidator(_currency)]


def _no_bool(value: object) -> object:
    """Python, and with it pydantic, takes true for 1."""
    if isinstance(value, bool):
        raise RemediedError("must be a number", "")
    return value


Number = BeforeValidator(_no_bool)
"""Where true and false are no numbers."""


def _host(host: str) -> str:
    try:
        usable = "\0" not in host and len(host.encode("idna")) <= _LONGEST_HOST
    except UnicodeError:
        usable = False
    if not usable:
        raise RemediedError(
            "is no name or address of a machine",
            "write one like 127.0.0.1, ::1 or gateway.springfield.edu",
        )
    return host


_LONGEST_HOST = 253  # RFC 1035, and no part of it longer than 63, which idna checks

Host = Annotated[str, AfterValidator(_host)]


def _web_address(url: str) -> str:
    parts = _split(url)
    if (
        parts is None
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.query
        or parts.fragment
    ):
        raise RemediedError("is no web address", "write one like https://hooks.springfield.edu")
    return url.rstrip("/")


WebAddress = Annotated[str, AfterValidator(_web_address)]
"""Where the gateway is reached from outside, without a slash at the end."""


def _alarm_url(secret: SecretStr) -> SecretStr:
    url = secret.get_secret_value()
    parts = _split(url)
    if (
        parts is None
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or not re.fullmatch(r"[!-~]+", url)
    ):
        raise RemediedError(
            "is no web address",
            "write one like https://hooks.slack.com/services/…, best as ${SLACK_WEBHOOK}",
        )
    return secret


AlarmUrl = Annotated[SecretStr, AfterValidator(_alarm_url)]
"""A secret: whoever knows the address of a chat room's webhook can write there."""


def _alarm_target(secret: SecretStr) -> SecretStr:
    """A web address, or one of a service that Apprise knows."""
    url = secret.get_secret_value()
    if is_web_address(url):
        return _alarm_url(secret)
    import apprise  # noqa: PLC0415 - half a second, for the few who have such an address

    printable = re.fullmatch(r"[!-~]+", url) and _split(url)
    if not printable or apprise.Apprise.instantiate(url) is None:
        raise RemediedError(
            "is neither a web address nor one that Apprise understands",
            "write one like mailto://USER:PASSWORD@HOST?to=ADDRESS, msteams://… or slack://…; "
            "https://appriseit.com/services/ has all",
        )
    return secret


def is_web_address(url: str) -> bool:
    """Whether JSON is posted there."""
    return url.lower().startswith(("http://", "https://"))


AlarmTarget = Annotated[SecretStr, AfterValidator(_alarm_target)]
"""A secret, too."""


def _signing_secret(secret: SecretStr) -> SecretStr:
    kind, _, key = secret.get_secret_value().partition("_")
    try:
        length = len(base64.b64decode(key + "=" * (-len(key) % 4), validate=True))
    except binascii.Error:
        length = 0
    if kind != "whsec" or length not in _SECRET_BYTES:
        raise RemediedError(
            "is no signing secret",
            f"write whsec_ and {_SECRET_BYTES[0]} to {_SECRET_BYTES[-1]} random bytes in base64, "
            'such as echo "whsec_$(openssl rand -base64 32)" makes',
        )
    return secret


_SECRET_BYTES = range(24, 65)  # as Standard Webhooks wants them

SigningSecret = Annotated[SecretStr, AfterValidator(_signing_secret)]
"""Signs what is posted, by the rules of Standard Webhooks."""


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        raise RemediedError("is no name of an HTTP header", "write one like Authorization")
    return name


def _header_value(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[ -~]*", secret.get_secret_value()):
        raise RemediedError(
            "holds characters that do not go into an HTTP header", "use printable ASCII on one line"
        )
    return secret


Headers = dict[
    Annotated[str, AfterValidator(_header_name)],
    Annotated[SecretStr, AfterValidator(_header_value)],
]


def _store_url(url: str) -> str:
    parts = _split(url)
    scheme = "" if parts is None else parts.scheme.partition("+")[0]
    if parts is None or scheme not in ("sqlite", "postgresql", "postgres"):
        raise RemediedError(
            "is no database that the gateway can use",
            "write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE",
        )
    if scheme == "sqlite" and (parts.netloc or parts.path in ("", "/", "/:memory:") or "\0" in url):
        raise RemediedError(
            "names no file to keep events in",
            "write sqlite:///FILE, with four slashes for an absolute path",
        )
    if scheme == "sqlite" and "?" in url:
        raise RemediedError(
            "has parameters, which a SQLite store does not take",
            "write sqlite:///FILE and nothing behind it",
        )
    if scheme != "sqlite" and not parts.path.strip("/"):
        raise RemediedError("names no database", "write postgresql://USER:PASSWORD@HOST/DATABASE")
    return url


StoreUrl = Annotated[str, AfterValidator(_store_url)]


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return None
    return parts


def _status(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


Status = BeforeValidator(_status)
"""A number that may come as the text of a variable."""
