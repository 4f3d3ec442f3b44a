"""Properties are checked on machines that are busy with other things, too: no example has a
deadline.
"""

from hypothesis import HealthCheck, settings

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
