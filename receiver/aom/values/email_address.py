"""E-mail addresses, which are how AOM, the gateway and the CRMs know a person."""

import re

from email_validator import EmailNotValidError, validate_email

from receiver.aom.values.plain_text import strip_invisible

EXPECTED = "must be an e-mail address like ada@example.edu"

_LONGEST = 254  # characters, RFC 5321

# the addresses that nearly everyone has, at a hundredth of the price of email-validator, which sees
# all others
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"(?:{_LABEL}\.)*[A-Za-z]{{2,63}}"
_plain = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_DOMAIN}").fullmatch
_plain_domain = re.compile(_DOMAIN).fullmatch


def read_address(value: object) -> str:
    """Trimmed, lower-cased, in Unicode's composed form: equal for everything that names the same
    mailbox at AOM.

    Addresses of private networks (`ada@school.local`) are taken; whether mail gets there is not
    asked. Raises ValueError.
    """
    if key := key_of_plain(value):
        return key
    if not isinstance(value, str):
        raise ValueError(EXPECTED)  # noqa: TRY004 - pydantic wants a ValueError
    address = strip_invisible(value)
    if len(address) > _LONGEST:
        raise ValueError(f"{EXPECTED}, of at most {_LONGEST} characters")
    if _plain(address):
        return address.lower()
    if "@" not in address:
        raise ValueError(f"{EXPECTED}: it has no @" if address else f"is empty; it {EXPECTED}")
    try:
        return _normalized(address).lower()
    except EmailNotValidError as error:
        raise ValueError(f"{EXPECTED}: {error}") from None


def key_of_plain(value: object) -> str | None:
    """What `read` makes of it, where that is to be had quickly, as nearly always; else None."""
    if type(value) is str and len(value) <= _LONGEST and _plain(value):
        return value.lower()
    return None


def is_costly(value: object) -> bool:
    """Whether email-validator has to be asked about it, at a hundred times the price."""
    return (
        type(value) is str
        and "@" in value
        and len(value) <= _LONGEST
        and key_of_plain(value) is None
    )


def _normalized(address: str) -> str:
    local, _, domain = address.rpartition("@")
    # email-validator refuses .local and .test always; a stand-in lets it judge the rest
    if local and _plain_domain(domain):
        return f"{_validated(f'{local}@example.com').removesuffix('example.com')}{domain}"
    return _validated(address)


def _validated(address: str) -> str:
    return validate_email(
        address, check_deliverability=False, globally_deliverable=False
    ).normalized
