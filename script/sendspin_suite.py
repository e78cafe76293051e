"""Runs Sendspin's conformance suite, from a checkout of it, with our server and the library's own encrypting client.

`python -m script.sendspin_suite --suite ../conformance`: the suite's runner starts both, and compares their summaries.
"""

import argparse
import asyncio
import importlib
import os
from pathlib import Path
import subprocess
import sys
import tempfile
from typing import Any, Final

from .lib.config_folder import REPOSITORY

SERVER: Final = "moosicbox"
CLIENT: Final = "aiosendspin-encrypted"
"""The suite's own client of aiosendspin is written for an earlier version of it, which doesn't encrypt."""
ROLES: Final = ("player", "metadata", "controller", "artwork")
FIXTURE: Final = Path("tests/fixtures/almost_silent.flac")
"""Where the suite expects the sound in a checkout of `sendspin-cli`."""


def parser() -> argparse.ArgumentParser:
    """Return the arguments."""
    found = argparse.ArgumentParser(description=__doc__)
    found.add_argument("--suite", required=True, type=Path, help="a checkout of Sendspin/conformance")
    found.add_argument("--fixture", type=Path, help="the sound; by default eight quiet seconds are made")
    found.add_argument("--results", type=Path, help="where the suite's results are kept")
    found.add_argument("--timeout-seconds", type=float, default=60.0)
    return found


def main() -> int:
    """Run the scenarios and print the suite's verdicts. Return the exit code."""
    options = parser().parse_args()
    sources = str((options.suite / "src").resolve())
    sys.path.insert(0, sources)
    os.environ["PYTHONPATH"] = os.pathsep.join((str(REPOSITORY), sources))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CONFORMANCE_REPO_SENDSPIN_CLI"] = folder
        fixture = Path(folder) / FIXTURE
        fixture.parent.mkdir(parents=True)
        if options.fixture is None:
            _make(fixture)
        else:
            fixture.write_bytes(options.fixture.read_bytes())
        results = _run(options.results or Path(folder) / "results", options.timeout_seconds)
    for result in results:
        print(f"{result['status']}: {result['scenario_id']}: {result['reason']}")
    return 1 if any(result["status"] != "passed" for result in results) else 0


def _run(results: Path, timeout_s: float) -> list[dict[str, Any]]:
    # The suite's modules are known only when it runs.
    registry: Any = importlib.import_module("conformance.implementations")
    models: Any = importlib.import_module("conformance.models")
    runner: Any = importlib.import_module("conformance.runner")

    def role(module: str) -> Any:
        return models.RoleSpec(
            supported=True,
            adapter_kind="python",
            entrypoint=module,
            supports_server_initiated=True,
            supports_client_initiated=True,
            supports_flac=True,
            # The suite leaves out what a server doesn't support.
            supports_opus=False,
            supported_role_families=ROLES,
        )

    none = models.RoleSpec(supported=False, adapter_kind="placeholder", reason="It isn't part of this run.")
    for name, roles in (
        (SERVER, {"server": role("script.sendspin_conformance"), "client": none}),
        (CLIENT, {"client": role("script.lib.conformance_client"), "server": none}),
    ):
        registry.IMPLEMENTATIONS[name] = models.ImplementationSpec(
            name=name, display_name=name, repo_dirname=name, remote_url="", **roles
        )
    answer: list[dict[str, Any]] = asyncio.run(
        runner.run_matrix(results_dir=results.resolve(), from_filter=SERVER, to_filter=CLIENT, timeout_s=timeout_s)
    )
    return answer


def _make(fixture: Path) -> None:
    noise = "anoisesrc=duration=8:sample_rate=8000:amplitude=0.001:seed=1"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", noise, "-sample_fmt", "s16", str(fixture)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main())
