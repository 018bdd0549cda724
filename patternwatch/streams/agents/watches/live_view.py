"""The live view of watches: how each does, on the topic `watch-states`."""

from dataclasses import dataclass, field

from patternwatch.contracts.topics import WATCH_STATES
from patternwatch.contracts.watch_states import WatchState
from patternwatch.kafka.producer import Publisher
from patternwatch.watch.episodes.live_view import changes_the_view

MIN_PAUSE_MS = 15_000
"""Between two states of a watch that show the same picture: a watch may look every second."""


@dataclass(frozen=True, slots=True)
class LiveView:
    """Publishes the state of a watch where it shows another picture, and now and then where it does not."""

    publisher: Publisher
    shown: dict[tuple[str, str], WatchState] = field(default_factory=dict)

    async def show(self, state: WatchState) -> None:
        """Publish this state, unless it says what the last one said a moment ago."""
        key = state.tenant, state.watch
        before = self.shown.get(key)
        recent = before is not None and state.at_ms - before.at_ms < MIN_PAUSE_MS
        if recent and not changes_the_view(before, state):
            return
        self.shown[key] = state
        await self.publisher.publish(WATCH_STATES, state)

    def forget(self, tenant: str, watch: str) -> None:
        """Another worker has it, or nobody."""
        self.shown.pop((tenant, watch), None)
