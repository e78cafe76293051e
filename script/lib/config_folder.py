"""A Home Assistant configuration folder that has the integration linked into it."""

import json
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
INTEGRATION = REPOSITORY / "custom_components" / "moosicbox"

CONFIGURATION = """\
homeassistant:
  name: MoosicBox
  country: GB
  language: en
  time_zone: UTC
  unit_system: metric
  media_dirs:
    # In a container Home Assistant would take another folder.
    local: {media}
  auth_providers:
{auth_providers}

# Tests speak to Assist, and add blueprints.
automation: !include automations.yaml
conversation:
frontend:
media_source:
# Every page asks for its state and complains without it.
recorder:

logger:
  default: warning
  logs:
    homeassistant.bootstrap: info
    homeassistant.components.camera: critical  # misses a library that nothing here needs
    custom_components.moosicbox: {log_level}
"""

PASSWORD_LOGIN = "    - type: homeassistant"
# With one user and the bypass, the login page logs in by itself.
LOOPBACK_LOGIN = """\
    - type: trusted_networks
      trusted_networks: [127.0.0.1, "::1"]
      allow_bypass_login: true
    - type: homeassistant"""


class ConfigFolder:
    """Home Assistant's configuration folder; a second `write` keeps what Home Assistant has stored there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.media = path / "media"

    def write(self, *, port: int, loopback_login: bool = False, log_level: str = "info", more: str = "") -> None:
        """Write the configuration files; `more` is added to `configuration.yaml`. Home Assistant's own storage stays."""
        self.media.mkdir(parents=True, exist_ok=True)
        auth_providers = LOOPBACK_LOGIN if loopback_login else PASSWORD_LOGIN
        configuration = CONFIGURATION.format(
            auth_providers=auth_providers, log_level=log_level, media=json.dumps(str(self.media.resolve()))
        )
        (self.path / "configuration.yaml").write_text(configuration + more)
        (self.path / "automations.yaml").touch()
        self._link_integration()
        self._bind_to_loopback(port)
        self._skip_onboarding()

    def _link_integration(self) -> None:
        link = self.path / "custom_components" / INTEGRATION.name
        link.parent.mkdir(exist_ok=True)
        if link.is_symlink():
            link.unlink()
        link.symlink_to(INTEGRATION, target_is_directory=True)

    def _bind_to_loopback(self, port: int) -> None:
        # In its storage: Home Assistant treats web server settings in YAML as a trial, which it ends after five minutes.
        self._store("http", {"server_host": ["127.0.0.1"], "server_port": port})

    def _skip_onboarding(self) -> None:
        # Except for the user's step: the other ones would add integrations that need the internet.
        if not (self.path / ".storage" / "onboarding").exists():
            self._store("onboarding", {"done": []})

    def _store(self, key: str, data: dict[str, Any]) -> None:
        """Write the format of version 1, which every release of Home Assistant migrates."""
        storage = self.path / ".storage"
        storage.mkdir(exist_ok=True)
        (storage / key).write_text(json.dumps({"version": 1, "minor_version": 1, "key": key, "data": data}))
