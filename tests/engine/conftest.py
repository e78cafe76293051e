"""Profiles of hypothesis: few examples by default, fewer with HYPOTHESIS_PROFILE=fast, many with `deep`."""

import os

from hypothesis import HealthCheck, settings

QUIET = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)

settings.register_profile(
    "quick", max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=QUIET, derandomize=True
)
settings.register_profile("fast", settings.get_profile("quick"), max_examples=20)
settings.register_profile(
    "deep", max_examples=2_000, stateful_step_count=80, deadline=None, suppress_health_check=QUIET, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
