"""Alarms: what an operator must hear of is posted to a URL, once when it begins and once when it is over."""

from receiver.alarms.opening import open_watch
from receiver.alarms.post import NotPosted
from receiver.alarms.trial import post_test
from receiver.alarms.watch import Watch

__all__ = ["NotPosted", "Watch", "open_watch", "post_test"]
