"""Notices for users about events that they might miss: a track was skipped because it can't be played."""

from typing import Final

from .access.rights import Principal
from .clock import Clock
from .delivery.topics import Topics
from .playback.events import ItemFailed, PlaybackEvent
from .playback.player import PlaybackContext
from .playback.publisher import PlaybackPublisher
from .protocol.server import TopicMessage, UserNotification
from .sessions.session import Actor
from .signals import Signal

MAX_TITLE: Final = 200


class Notices:
    """Publishes a notice when a queue item fails."""

    def __init__(
        self,
        topics: Topics,
        publisher: PlaybackPublisher,
        clock: Clock,
        system: Principal,
        notified: Signal[Actor, str, TopicMessage],
    ) -> None:
        """`notified` is emitted for each notice, in the name of `system`."""
        self._topics = topics
        self._clock = clock
        self._system = system
        self._notified = notified
        publisher.playback_event.subscribe(self._handle_event)

    def _handle_event(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        if isinstance(event, ItemFailed):
            item = event.item
            text = f"{item.track.title[:MAX_TITLE]} can't be played on {context.name} and was skipped"
            notice = UserNotification(message=text, level="warning")
            topic = f"user:{item.added_by.id}"
            self._topics.publish(topic, notice)
            for player in context.renderers:
                if player.client_id is not None:
                    self._topics.publish(f"client:{player.client_id}", notice)
            self._notified.emit(Actor(self._system, None, self._clock.now_us()), topic, notice)
