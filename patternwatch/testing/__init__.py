"""For authors of plug-ins, and for our own tests: fakes and conformance checks. The product never imports it.

No test framework is needed: checks are plain asserts with messages.
"""

from patternwatch.testing.bundles import make_bundle
from patternwatch.testing.clock import FakeClock
from patternwatch.testing.detector_checks import check_detector
from patternwatch.testing.fake_source import FakeSource

__all__ = ["FakeClock", "FakeSource", "check_detector", "make_bundle"]
