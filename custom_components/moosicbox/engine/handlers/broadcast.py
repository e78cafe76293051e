"""Broadcasts, and clients' events for automations."""

from typing import Final

from ..access.rights import PERMISSIONS
from ..hub import Hub
from ..protocol.client import Broadcast, ClientEvent
from ..protocol.codec import size_of
from ..protocol.errors import ClientNotFound, InvalidMessage, RoomNotFound
from ..protocol.results import BroadcastResult
from ..protocol.server import AdminNotification, CustomMessage, Notification, TopicMessage, UserNotification
from ..sessions.session import Actor

MAX_EVENT_DATA: Final = 4_096
"""Bytes of JSON."""


class BroadcastHandlers:
    """Handles `broadcast`, a publication to the topic of its target, and `client_event`."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def register(self) -> None:
        """Add the messages to the hub's table."""
        hub = self.hub
        hub.register(Broadcast, self.broadcast, "broadcast")
        hub.register(ClientEvent, self.client_event, "events")

    def broadcast(self, actor: Actor, message: Broadcast) -> BroadcastResult:
        """Publish a notice or an event to the target; return the number of recipients."""
        topic = self._topic(message)
        publication = self._publication(message)
        recipients = self.hub.publish(topic, publication)
        if not isinstance(publication, CustomMessage):
            self.hub.notified.emit(actor, topic, publication)
        return {"recipients": recipients}

    def client_event(self, actor: Actor, message: ClientEvent) -> None:
        """Emit a client's event for automations."""
        if size_of(message.data) > MAX_EVENT_DATA:
            raise InvalidMessage(f"The data of an event has at most {MAX_EVENT_DATA} bytes", ["data"])
        self.hub.client_event.emit(actor, message)

    def _topic(self, message: Broadcast) -> str:
        if message.target == "all":
            return "all"
        if message.target_id is None:
            raise InvalidMessage(f"target_id must name the {message.target}", ["target_id"])
        if message.target == "room" and self.hub.rooms.find(message.target_id) is None:
            raise RoomNotFound(f"There is no room {message.target_id}")
        if message.target == "permission" and message.target_id not in PERMISSIONS:
            raise InvalidMessage(f"There is no permission {message.target_id}", ["target_id"])
        if message.target == "client" and not any(
            session.client_id == message.target_id for session in self.hub.sessions
        ):
            raise ClientNotFound(f"There is no client {message.target_id}")
        return f"{message.target}:{message.target_id}"

    def _publication(self, message: Broadcast) -> TopicMessage:
        if message.event is not None:
            if message.message is not None:
                raise InvalidMessage("A broadcast has a `message` or an `event`, not both", ["event"])
            return CustomMessage(event=message.event, data=message.data)
        if message.message is None:
            raise InvalidMessage("A broadcast has a `message` or an `event`", ["message"])
        level = message.level or "info"
        if message.title is None and message.target == "user":
            return UserNotification(message=message.message, level=level)
        if message.title is None and message.target == "permission" and message.target_id == "admin":
            return AdminNotification(message=message.message)
        return Notification(
            level=level,
            title=message.title or "MoosicBox",
            message=message.message,
            timestamp_at=self.hub.clock.timestamp(),
        )
