"""The programs and packages that single benchmarks need besides those of the tests."""

import os
from pathlib import Path
import shutil
import subprocess
import sys

REPOSITORY = Path(__file__).parents[1]
BEETS_PYTHON = REPOSITORY / ".venv" / "beets" / "bin" / "python"
"""A separate environment: beets requires other versions than Home Assistant."""

COMPILER, SOUND, SNAPCLIENT, BEETS, SOCKETIO = "compiler", "sound", "snapclient", "beets", "python-socketio"

PROGRAMS = {
    COMPILER: (("gcc",), "gcc libc6-dev"),
    SOUND: (("pulseaudio", "parec"), "pulseaudio pulseaudio-utils"),
    SNAPCLIENT: (("snapclient",), "snapclient"),
}
"""The programs of a need, and Debian's packages that contain them."""

MODULES = {SOCKETIO: "socketio", SOUND: "pasimple"}
"""The module by which a need shows that the packages of requirements_bench.txt are installed."""

NEEDS = {
    **dict.fromkeys(("bursts", "compression", "memory", "setup", "commands"), (COMPILER,)),
    **dict.fromkeys(("stalled", "loop", "latency", "garbage"), (COMPILER,)),
    "fanout": (COMPILER, SOCKETIO),
    "cluster": (SOCKETIO,),
    "rooms": (SOCKETIO,),
    "library": (BEETS,),
    "mpv": (SOUND,),
    "speakers": (SOUND, SNAPCLIENT),
    "restart": (SOUND, SNAPCLIENT),
}


def missing_programs(names: list[str]) -> list[str]:
    """Return a line for each benchmark whose programs aren't installed."""
    lines = []
    for name in names:
        for need in NEEDS.get(name, ()):
            programs, packages = PROGRAMS.get(need, ((), ""))
            if missing := [program for program in programs if shutil.which(program) is None]:
                lines.append(f"{name} needs {', '.join(missing)}: apt-get install {packages}")
    return lines


def install_packages(names: list[str]) -> None:
    """Install the Python packages of the peers that these benchmarks measure."""
    needed = {need for name in names for need in NEEDS.get(name, ())}
    modules = [module for need, module in MODULES.items() if need in needed]
    if not all(_imports(Path(sys.executable), module) for module in modules):
        _uv("pip", "install", "--python", sys.executable, "-r", "requirements_bench.txt")
    if BEETS in needed and not _imports(BEETS_PYTHON, "beets"):
        _uv("venv", "--clear", "--python", sys.executable, BEETS_PYTHON.parents[1])
        _uv("pip", "install", "--python", BEETS_PYTHON, "-r", "requirements_beets.txt")


def _imports(python: Path, package: str) -> bool:
    return (
        python.exists()
        and subprocess.run([python, "-c", f"import {package}"], capture_output=True, check=False).returncode == 0
    )


def _uv(*arguments: str | Path) -> None:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    uv = shutil.which("uv") or cache / "moosicbox" / "uv" / "bin" / "uv"
    subprocess.run([uv, *arguments, "--quiet"], check=True, cwd=REPOSITORY)
