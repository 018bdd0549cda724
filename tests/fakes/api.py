"""An API process's services over fakes and a real database."""

from patternwatch.api.access.access import Access
from patternwatch.api.context import AppContext
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.role import API_ROLE
from patternwatch.api.settings import ApiSettings
from patternwatch.kafka.role_publisher import RolePublisher
from tests.fakes.clock import FakeClock, standing_clock
from tests.fakes.publisher import FakePublisher


def context_of(settings: ApiSettings, publisher: FakePublisher, clock: FakeClock | None = None) -> AppContext:
    """The services of an API with these settings; its clock stands still until a test moves it."""
    now_ms = (clock or standing_clock()).now_ms
    return AppContext(
        settings=settings,
        read_model=ReadModel(settings.database_url),
        publisher=RolePublisher(publisher, API_ROLE),
        broker=publisher,
        clock=now_ms,
        access=Access(settings, now_ms),
    )
