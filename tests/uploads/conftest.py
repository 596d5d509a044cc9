"""Property tests are judged by what they find, not by how busy the machine is; `make fuzz` lets them look longer."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", settings.get_profile("patient"), max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "patient")
