"""Alarms: what an operator must hear of is sent to each configured URL, once when it begins and
once when it is over.
"""

from receiver.alarms.alarm import Alarm
from receiver.alarms.message import describe_alarm
from receiver.alarms.self_test import post_test_alarm
from receiver.alarms.sent_log import MemorySentLog
from receiver.alarms.watch import StoreWatcher
from receiver.alarms.watch_factory import open_watch

__all__ = [
    "Alarm",
    "MemorySentLog",
    "StoreWatcher",
    "describe_alarm",
    "open_watch",
    "post_test_alarm",
]
