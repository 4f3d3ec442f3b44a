"""Domains of free mail: whoever has an address there belongs to no organisation of that name."""

from __future__ import annotations

ANY_COUNTRY = frozenset(
    (
        "aol",
        "fastmail",
        "gmail",
        "gmx",
        "googlemail",
        "hotmail",
        "live",
        "mail",
        "msn",
        "outlook",
        "proton",
        "protonmail",
        "rediffmail",
        "tutanota",
        "yahoo",
        "yandex",
        "ymail",
        "zoho",
        "zohomail",
    )
)
"""Names that these services have under many top-level domains: yahoo.com, yahoo.co.uk."""

DOMAINS = frozenset(
    (
        "126.com",
        "163.com",
        "att.net",
        "bellsouth.net",
        "bigpond.com",
        "bigpond.net.au",
        "bk.ru",
        "blueyonder.co.uk",
        "bluewin.ch",
        "bt.com",
        "btinternet.com",
        "charter.net",
        "comcast.net",
        "cox.net",
        "daum.net",
        "duck.com",
        "earthlink.net",
        "email.cz",
        "free.fr",
        "freenet.de",
        "hanmail.net",
        "hey.com",
        "icloud.com",
        "inbox.lv",
        "inbox.ru",
        "interia.pl",
        "juno.com",
        "laposte.net",
        "libero.it",
        "list.ru",
        "mac.com",
        "me.com",
        "naver.com",
        "ntlworld.com",
        "o2.pl",
        "optonline.net",
        "orange.fr",
        "pm.me",
        "posteo.de",
        "qq.com",
        "rocketmail.com",
        "rogers.com",
        "sbcglobal.net",
        "seznam.cz",
        "sfr.fr",
        "shaw.ca",
        "sina.com",
        "sky.com",
        "sympatico.ca",
        "t-online.de",
        "talktalk.net",
        "telenet.be",
        "telus.net",
        "terra.com.br",
        "tiscali.it",
        "tuta.com",
        "tuta.io",
        "ukr.net",
        "uol.com.br",
        "verizon.net",
        "virgilio.it",
        "virginmedia.com",
        "wanadoo.fr",
        "web.de",
        "wp.pl",
        "ziggo.nl",
    )
)

SECOND_LEVELS = frozenset(("ac", "co", "com", "net", "org"))


def is_free_mail(domain: str) -> bool:
    """Tell whether a mail domain, in lower case, is one of free mail."""
    labels = domain.split(".")
    top = 2 if len(labels) > 2 and labels[-2] in SECOND_LEVELS else 1  # noqa: PLR2004 - example.co.uk
    return domain in DOMAINS or (len(labels) == top + 1 and labels[0] in ANY_COUNTRY)
