"""All files of the reference, as text."""

from dataclasses import asdict
import json
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from custom_components.moosicbox.adapters.pairing import MAX_NAME, PLAYER_ID
from custom_components.moosicbox.const import VERSION
from custom_components.moosicbox.engine.access import pairing
from custom_components.moosicbox.engine.access.rights import PERMISSIONS, ROLES
from custom_components.moosicbox.engine.access.tokens import LEEWAY, REQUIRED_CLAIMS
from custom_components.moosicbox.engine.greeting import FEATURES, RESTART_SPREAD
from custom_components.moosicbox.engine.handlers import broadcast
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.playback import operations, queue
from custom_components.moosicbox.engine.playback.playback import HANDOVER_US, POSITION_TOLERANCE_SECONDS
from custom_components.moosicbox.engine.playback.players import NEW_PLAYER_VOLUME
from custom_components.moosicbox.engine.playback.playhead import PREVIOUS_SECONDS
from custom_components.moosicbox.engine.playback.progress import INTERVAL_US
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.rooms import invites
from custom_components.moosicbox.engine.rooms.rights import ROLE_RIGHTS
from custom_components.moosicbox.engine.sessions.withheld import MAX_REPEATED
from custom_components.moosicbox.engine.transport import admission, polling, polling_endpoint
from custom_components.moosicbox.engine.transport.responses import STATUS
from custom_components.moosicbox.http.pairing import MAX_BODY
from custom_components.moosicbox.options import OPTIONS

from .asyncapi import asyncapi
from .messages import client_messages, example_object, server_messages
from .schema import errors, schema
from .tables import anchor, field_table
from .texts import Texts
from .wrap import wrap

TEMPLATES: Final = Path(__file__).parent / "templates"

CONSTANTS: Final = {
    "adopt_seconds": POSITION_TOLERANCE_SECONDS,
    "answer_bytes": polling.ANSWER_BYTES,
    "default_wait": polling_endpoint.DEFAULT_WAIT,
    "event_data": broadcast.MAX_EVENT_DATA,
    "handover_seconds": HANDOVER_US / 1e6,
    "invite_seconds": invites.DEFAULT_LIFETIME,
    "leeway": LEEWAY,
    "logged_changes": queue.LOGGED_CHANGES,
    "max_invites": invites.MAX_INVITES,
    "max_messages": polling_endpoint.MAX_MESSAGES,
    "max_operations": operations.MAX_OPERATIONS,
    "max_wait": polling_endpoint.MAX_WAIT,
    "operation_seconds": operations.KEEP_US / 1e6,
    "page": queue.PAGE_ITEMS,
    "progress_hertz": 1e6 / INTERVAL_US,
    "previous_seconds": PREVIOUS_SECONDS,
    "new_player_volume": NEW_PLAYER_VOLUME,
    "repeated": MAX_REPEATED,
    "restart_spread": RESTART_SPREAD,
    "retry_seconds": admission.RETRY_SECONDS,
    "invite_uses": invites.DEFAULT_USES,
    "invite_uses_burst": invites.USES_BURST,
    "invite_uses_per_minute": invites.USES_PER_MINUTE,
}
"""Constants of the code that the texts refer to, besides the limits."""

PAIRING: Final = {
    "all_guesses": pairing.ALL_GUESSES,
    "body": MAX_BODY,
    "guess_window": pairing.GUESS_WINDOW,
    "guesses": pairing.GUESSES,
    "length": pairing.LENGTH,
    "lifetime": pairing.LIFETIME,
    "name": MAX_NAME,
    "player_id": f"`{PLAYER_ID.pattern}`",
}


def render() -> dict[str, str]:
    """Return the content of all files, by name."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown
    )
    environment.filters |= {"amount": _amount, "anchor": anchor, "code": _code, "compact": _compact}
    environment.globals |= {"constants": CONSTANTS, "limits": asdict(Limits()), "pairing": PAIRING}
    texts = Texts(lambda text: environment.from_string(text).render())
    client, server = client_messages(), server_messages()
    definitions = schema(client, server, texts)
    environment.globals |= {
        "client": client,
        "close_codes": list(CloseCode),
        "defs": definitions["$defs"],
        "errors": errors(),
        "example": example_object,
        "features": FEATURES,
        "field_table": field_table,
        "option_of": {option.field: option.key for option in OPTIONS},
        "permissions": PERMISSIONS,
        "records": [name for name in definitions["$defs"] if "." not in name and not name.endswith("Message")],
        "required_claims": REQUIRED_CLAIMS,
        "role_rights": ROLE_RIGHTS,
        "roles": ROLES,
        "server": server,
        "status": {error.error_type: status for error, status in STATUS.items()},
        "texts": texts,
    }
    files = {
        name: wrap(environment.get_template(name).render())
        for name in environment.list_templates(filter_func=lambda name: not name.startswith("_"))
    }
    files["schema.json"] = _json(definitions)
    files["asyncapi.json"] = _json(asyncapi(client, server, VERSION))
    return files


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _code(text: str) -> str:
    return f"`{text}`"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _amount(number: float) -> str:
    return f"{int(number):,}" if number == int(number) else str(number)
