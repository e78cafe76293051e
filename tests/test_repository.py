"""Consistency of the repository; many checks are those of Home Assistant's and HACS's validators."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
import json
from pathlib import Path
import re
import struct
import subprocess
import sys
from typing import Any

from awesomeversion import AwesomeVersion
import homeassistant
from homeassistant.util.yaml import load_yaml_dict
from packaging.requirements import Requirement
import pytest

from custom_components.moosicbox.adapters.library_folders import FEED_REQUIREMENT
from custom_components.moosicbox.adapters.speakers import SENDSPIN_REQUIREMENT
from custom_components.moosicbox.engine import api

REPOSITORY = Path(__file__).parents[1]
INTEGRATION = REPOSITORY / "custom_components" / "moosicbox"
ENGINE = INTEGRATION / "engine"
HOME_ASSISTANT = Path(homeassistant.__file__).parent

MANIFEST_KEYS = {
    *("domain", "name", "after_dependencies", "codeowners", "config_flow", "dependencies", "documentation"),
    *("integration_type", "iot_class", "issue_tracker", "loggers", "requirements", "single_config_entry", "version"),
    *("import_executor", "quality_scale", "zeroconf"),
}
TRANSLATION_KEYS = {
    *("title", "config", "config_subentries", "options", "selector", "device_automation", "system_health", "issues"),
    *("device", "entity", "exceptions", "services", "conditions", "triggers", "common"),
}
# May be imported without being declared; entity platforms and our own platform files may, too.
UNDECLARED_COMPONENTS = {
    *("automation", "conversation", "device_automation", "diagnostics", "frontend", "homeassistant", "media_source"),
    "panel_custom",
    *("persistent_notification", "repairs", "script", "system_health", "webhook", "websocket_api"),
}
QUALITY_RULES = set(  # By tier: bronze, silver, gold, platinum.
    """
    action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage dependency-transparency
    docs-actions docs-conditions docs-high-level-description docs-installation-instructions docs-removal-instructions
    docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data test-before-configure test-before-setup
    unique-config-entry
    action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters entity-unavailable
    integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage
    devices diagnostics discovery discovery-update-info docs-data-update docs-examples docs-known-limitations
    docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices entity-category
    entity-device-class entity-disabled-by-default entity-translations exception-translations icon-translations
    reconfiguration-flow repair-issues stale-devices
    async-dependency inject-websession strict-typing
    """.split()  # noqa: SIM905
)
# A registry's address in a lock or requirements file would tie the project to one network.
REGISTRY_HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("registry", "npmjs", "org"),
            ("pypi", "org"),
            ("files", "pythonhosted", "org"),
            ("deb", "debian", "org"),
            ("ghcr", "io"),
            ("docker", "io"),
            ("mcr", "microsoft", "com"),
        )
    )
)


def read_json(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def read_yaml(path: Path) -> dict[str, Any]:
    return load_yaml_dict(str(path)) if path.exists() else {}


def committed_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True, text=True)  # noqa: S607
    return [path for name in listing.stdout.split("\0") if name and (path := REPOSITORY / name).is_file()]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def modules(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        yield path, parsed(path)


def import_statements(tree: ast.Module, *, for_types: bool = False) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the import statements of a module; those under TYPE_CHECKING only with `for_types`."""
    type_checking = {
        id(node)
        for test in ast.walk(tree)
        if isinstance(test, ast.If)
        and isinstance(test.test, ast.Name | ast.Attribute)
        and ast.unparse(test.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for node in ast.walk(test)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and (for_types or id(node) not in type_checking):
            yield node


def imports(tree: ast.Module, *, for_types: bool = False) -> Iterator[tuple[int, str]]:
    """Yield (relative level, dotted name) for each import of a module; types alone only with `for_types`."""
    for node in import_statements(tree, for_types=for_types):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        else:
            yield from ((node.level, f"{node.module or ''}.{alias.name}".strip(".")) for alias in node.names)


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, text) for every text in a nested structure."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from strings(item, f"{path}.{key}".strip("."))
    elif isinstance(value, str):
        yield path, value


def home_assistant_side() -> Iterator[tuple[Path, ast.Module]]:
    return ((path, tree) for path, tree in modules(INTEGRATION) if not path.is_relative_to(ENGINE))


def assigned(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the targets of an assignment or deletion; for `a.b[c]` it is `a.b`."""
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            pass
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            targets = [target]
        case _:
            return
    for each in targets:
        yield from map(container, each.elts if isinstance(each, ast.Tuple) else [each])


def container(target: ast.expr) -> ast.expr:
    """Return `a.b` for `a.b[c]`, and any other target itself."""
    return container(target.value) if isinstance(target, ast.Subscript) else target


def exception_keys() -> Iterator[ast.expr]:
    """Yield the translation keys that Home Assistant's side passes to exceptions."""
    for _, tree in home_assistant_side():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "invalid":
                yield node.args[0]
            elif isinstance(node, ast.Call) and any(keyword.arg == "translation_domain" for keyword in node.keywords):
                keys = (keyword.value for keyword in node.keywords if keyword.arg == "translation_key")
                yield from (key for key in keys if ast.unparse(key) != "translation_key")


def key_pattern(key: ast.expr) -> str:
    """Return a pattern of the keys that an expression can stand for."""
    match key:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in parts)
    # The key of an error of the hub: its own, or that of its type.
    assert ast.unparse(key) == "key"
    return "|".join(error_types() | {key for key, _, _ in sentences()})


def sentences() -> Iterator[tuple[str, str, set[str]]]:
    """Yield the key, the template and the names of the values of each sentence that an error of the hub is raised with."""
    for path in INTEGRATION.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Sentence":
                key, template = (ast.literal_eval(argument) for argument in node.args)
                yield key, template, {str(keyword.arg) for keyword in node.keywords}


def error_types() -> set[str]:
    """Return the types of error that the engine's classes name."""
    tree = ast.parse((ENGINE / "protocol" / "errors.py").read_text(encoding="utf-8"))
    return {
        str(node.value.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Constant)
        and ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target) == "error_type"
    }


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return read_json(INTEGRATION / "manifest.json")


@pytest.fixture(scope="module")
def translations() -> dict[str, Any]:
    return read_json(INTEGRATION / "translations" / "en.json")


@pytest.fixture(scope="module")
def icons() -> dict[str, Any]:
    return read_json(INTEGRATION / "icons.json")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return read_yaml(INTEGRATION / "services.yaml")


def test_engine_stands_alone() -> None:
    """The engine imports relatively inside itself, so it works under two package names, and never Home Assistant."""
    for path, tree in modules(ENGINE):
        depth = len(path.relative_to(ENGINE).parts)
        for level, name in imports(tree):
            assert level <= depth, f"{path}: imports {name} from outside the engine"
            assert level or name.split(".")[0] not in ("homeassistant", "custom_components", "moosicbox"), (
                f"{path}: {name}"
            )


def test_only_the_engines_api_is_imported() -> None:
    """Optional parts are loaded on demand, so only modules that are loaded on demand import them."""
    on_demand = {
        INTEGRATION / "adapters" / "cluster.py": {"engine.cluster_api"},
        INTEGRATION / "adapters" / "sendspin.py": {"engine.sendspin_api", "engine.speakers_api"},
    }
    for path, tree in home_assistant_side():
        allowed = {"engine.api", *on_demand.get(path, ())}
        at_runtime = {id(node) for node in import_statements(tree)}
        for node in import_statements(tree, for_types=True):
            if isinstance(node, ast.ImportFrom) and node.level and (module := node.module or "").startswith("engine"):
                known = allowed if id(node) in at_runtime else allowed.union(*on_demand.values())
                assert module in known, f"{path}:{node.lineno} imports {module}"


def test_the_engines_api_is_used_or_documented() -> None:
    """Each name is imported by Home Assistant's side or documented for other integrations."""
    documented = (REPOSITORY / "docs" / "extension.md").read_text(encoding="utf-8")
    used = {name.rpartition(".")[2] for _, tree in home_assistant_side() for _, name in imports(tree, for_types=True)}
    unused = set(api.__all__) - used
    assert [name for name in sorted(unused) if not re.search(rf"\b{name}\b", documented)] == []


def test_only_the_engine_changes_its_state() -> None:
    """Home Assistant's side assigns to attributes of its own objects only."""
    of_home_assistant = {
        *("entry.runtime_data", "hass.data", "connection.subscriptions"),
        *("node.children", "node.not_shown", "root.children", "top.children", "top.media_content_id"),
    }
    for path, tree in home_assistant_side():
        for node in ast.walk(tree):
            for target in assigned(node):
                assert (
                    not isinstance(target, ast.Attribute)
                    or ast.unparse(target.value) == "self"
                    or ast.unparse(target) in of_home_assistant
                ), f"{path}:{target.lineno} assigns to {ast.unparse(target)}"


def test_only_the_engine_emits_its_signals() -> None:
    """Home Assistant's side emits the signals of its own objects only."""
    for path, tree in home_assistant_side():
        if ".emit" not in path.read_text("utf-8"):
            continue
        for owner in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            source = ast.unparse(owner)
            for node in ast.walk(owner):
                if isinstance(node, ast.Attribute) and node.attr == "emit":
                    signal = ast.unparse(node.value)
                    assert re.search(rf"{re.escape(signal)}: Signal\[.*\] = Signal\(\)", source), f"{path}: {signal}"
        emits = sum(isinstance(node, ast.Attribute) and node.attr == "emit" for node in ast.walk(tree))
        assert emits == len(re.findall(r"\bself\.\w+\.emit\b", ast.unparse(tree))), path


def test_engine_has_its_dependencies_declared() -> None:
    """The engine's imports are the dependencies of its wheel."""
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    declared = re.search(r"^dependencies = \[(.*?)\]", project, re.MULTILINE | re.DOTALL)
    assert declared is not None
    names = {Requirement(text).name.lower() for text in re.findall(r'"([^"]+)"', declared[1])}
    extra = re.search(r"^cli = \[(.*?)\]", project, re.MULTILINE)
    assert extra is not None
    for_programs = {Requirement(text).name.lower() for text in re.findall(r'"([^"]+)"', extra[1])}
    others = (of_programs, of_sendspin, of_podcasts)
    assert foreign_imports(lambda path: not any(belongs(path) for belongs in others)) == names
    assert foreign_imports(of_programs) - names == for_programs
    extra = re.search(r"^sendspin = \[(.*)\]$", project, re.MULTILINE)
    assert extra is not None
    for_sendspin = {Requirement(text).name.lower() for text in re.findall(r'"([^"]+)"', extra[1])}
    assert foreign_imports(of_sendspin) - names == for_sendspin
    assert SENDSPIN_REQUIREMENT in re.findall(r'"([^"]+)"', extra[1])
    extra = re.search(r"^podcasts = \[(.*)\]$", project, re.MULTILINE)
    assert extra is not None
    assert re.findall(r'"([^"]+)"', extra[1]) == [FEED_REQUIREMENT]
    assert foreign_imports(of_podcasts) - names == {Requirement(FEED_REQUIREMENT).name}


@pytest.mark.process
def test_a_hub_loads_only_what_it_uses() -> None:
    """The client of Redis, the node and what feeds speakers would cost memory and start time."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import custom_components.moosicbox, sys; print(*sys.modules)"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    engine = "custom_components.moosicbox.engine"
    assert f"{engine}.hub" in loaded
    unused = (f"{engine}.cluster", f"{engine}.node", f"{engine}.speakers", f"{engine}.sendspin", "redis", "aiosendspin")
    assert [name for name in loaded if name.startswith(unused)] == []


def of_programs(path: Path) -> bool:
    """Return whether a module belongs to the command line, which is an extra of the wheel."""
    client = ENGINE / "client"
    return path.is_relative_to(client / "cli") or path == client / "discovery.py"


def of_podcasts(path: Path) -> bool:
    return path.name == "feeds.py"


def of_sendspin(path: Path) -> bool:
    """Return whether a module serves Sendspin speakers, which is an extra of the wheel."""
    return path.is_relative_to(ENGINE / "speakers" / "sendspin")


def foreign_imports(wanted: Callable[[Path], bool]) -> set[str]:
    imported = {
        name.split(".")[0]
        for path, tree in modules(ENGINE)
        for level, name in imports(tree)
        if level == 0 and wanted(path)
    }
    named = {"PIL": "pillow", "jwt": "pyjwt"}
    return {named.get(name, name.replace("_", "-")) for name in imported - sys.stdlib_module_names}


def test_manifest_is_valid_and_sorted(manifest: dict[str, Any]) -> None:
    keys = list(manifest)
    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]
    assert set(keys) <= MANIFEST_KEYS
    assert manifest["domain"] == INTEGRATION.name
    assert AwesomeVersion(manifest["version"]).valid
    assert manifest["documentation"].startswith("https://github.com/moosicbox/home-assistant-moosicbox")
    assert manifest["codeowners"] == ["@moosicbox"]
    assert all(Requirement(text) for text in manifest["requirements"])


def test_imported_components_are_declared(manifest: dict[str, Any]) -> None:
    declared = {*manifest["dependencies"], *manifest.get("after_dependencies", []), *UNDECLARED_COMPONENTS}
    own = {path.stem for path in INTEGRATION.glob("*.py")}
    for path, tree in home_assistant_side():
        for level, name in imports(tree):
            if level or not name.startswith("homeassistant.components."):
                continue
            component = name.split(".")[2]
            platform = (HOME_ASSISTANT / "components" / component / "manifest.json").exists() and read_json(
                HOME_ASSISTANT / "components" / component / "manifest.json"
            ).get("integration_type") == "entity"
            assert component in declared | own or platform, (
                f"{path.name} imports {component}, the manifest doesn't name it"
            )


def test_requirements_agree_with_home_assistant(manifest: dict[str, Any]) -> None:
    """The pinned versions are those of this Home Assistant release and satisfy the manifest."""
    lines = (REPOSITORY / "requirements_test.txt").read_text(encoding="utf-8").splitlines()
    pins = {(pin := Requirement(line)).name.lower(): pin for line in lines if line and not line.startswith("#")}
    constraints = (HOME_ASSISTANT / "package_constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in constraints:
        if line and not line.startswith("#") and (wanted := Requirement(line)).name.lower() in pins:
            assert wanted.specifier.contains(str(pins[wanted.name.lower()].specifier).removeprefix("=="))
    for text in manifest["requirements"]:
        allowed = Requirement(text)
        assert allowed.specifier.contains(str(pins[allowed.name.lower()].specifier).removeprefix("=="))


def test_actions_are_described(services: dict[str, Any], translations: dict[str, Any], icons: dict[str, Any]) -> None:
    described = translations.get("services", {})
    assert set(services) == set(described) == set(icons.get("services", {}))
    for name, service in services.items():
        fields = (service or {}).get("fields", {})
        sections = {key for key, field in fields.items() if "fields" in field}
        named = fields.keys() - sections | {key for section in sections for key in fields[section]["fields"]}
        assert named == set(described[name].get("fields", {})), name
        assert sections == set(described[name].get("sections", {})), name
        assert all(fields[section]["collapsed"] for section in sections)
        assert all(
            text["name"] and text["description"]
            for key in ("fields", "sections")
            for text in (described[name], *described[name].get(key, {}).values())
        )


@pytest.mark.parametrize("kind", ["trigger", "condition"])
def test_triggers_and_conditions_are_described(kind: str, translations: dict[str, Any], icons: dict[str, Any]) -> None:
    defined = {key: value for key, value in read_yaml(INTEGRATION / f"{kind}s.yaml").items() if not key.startswith(".")}
    described = translations[f"{kind}s"]
    assert set(defined) == set(described) == set(icons[f"{kind}s"])
    for key, element in defined.items():
        fields = element.get("fields", {})
        assert set(fields) == set(described[key].get("fields", {})), key
        assert all(
            text["name"] and text["description"]
            for text in (described[key], *described[key].get("fields", {}).values())
        )


def test_exceptions_are_translated(translations: dict[str, Any]) -> None:
    """Each key has a text, and each text is used."""
    patterns = {key_pattern(key) for key in exception_keys()}
    texts = set(translations["exceptions"])
    assert [text for text in texts if not any(re.fullmatch(pattern, text) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(re.fullmatch(pattern, text) for text in texts)] == []
    assert error_types() - texts == set()


def test_texts_of_the_hubs_errors_show_values_only(translations: dict[str, Any]) -> None:
    """No placeholder is filled with a sentence of the engine, which is English: each has a value of its own."""
    shown = {key: set(re.findall(r"\{(\w+)\}", text["message"])) for key, text in translations["exceptions"].items()}
    assert [key for key, names in shown.items() if names & {"message", "reason", "error", "text"}] == []
    for key, _, values in sentences():
        assert shown[key] <= values, key
    details = {"invalid_message": {"path"}, "rate_limit_exceeded": {"limit", "retry_after"}}
    details["message_too_large"] = {"size", "max_size"}
    assert {key: shown[key] for key in error_types() if shown[key]} == details


def test_each_sentence_of_an_error_has_one_text() -> None:
    """Its translation fits wherever it is raised."""
    templates: dict[str, str] = {}
    for key, template, _ in sentences():
        assert templates.setdefault(key, template) == template, key


def test_texts_are_plain(translations: dict[str, Any]) -> None:
    assert set(translations) <= TRANSLATION_KEYS
    for path, text in strings(translations):
        assert text == text.strip(), path
        assert "://" not in text, f"{path} has an address in it"
        assert not re.search(r"<[a-z/]", text), f"{path} has markup in it"
        assert not re.search(r"'[^']*\{\w+\}[^']*'", text), f"{path} has a placeholder in quotes"
        assert re.fullmatch(r"[a-z0-9_.-]+", path), path


def test_icons_are_of_home_assistant(icons: dict[str, Any]) -> None:
    for path, icon in strings(icons):
        assert re.fullmatch(r"mdi:[a-z0-9-]+", icon), path


def test_quality_scale() -> None:
    rules = read_yaml(INTEGRATION / "quality_scale.yaml")["rules"]
    assert set(rules) == QUALITY_RULES
    assert len(QUALITY_RULES) == 54
    for rule, status in rules.items():
        if isinstance(status, dict):
            assert status["status"] in ("done", "todo", "exempt"), rule
            assert status["comment"], rule
        else:
            assert status in ("done", "todo"), rule


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("icon.png", (256, 256)),
        ("icon@2x.png", (512, 512)),
        ("logo.png", (None, 128)),
        ("logo@2x.png", (None, 256)),
        ("dark_logo.png", (None, 128)),
        ("dark_logo@2x.png", (None, 256)),
    ],
)
def test_brand_image(name: str, size: tuple[int | None, int]) -> None:
    header = (INTEGRATION / "brand" / name).read_bytes()[:33]
    assert header.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, _, colour_type = struct.unpack(">IIBB", header[16:26])
    assert (size[0] or width, size[1]) == (width, height)
    assert colour_type == 6, "with transparency"


def test_hacs_file_matches_the_manifest(manifest: dict[str, Any]) -> None:
    hacs = read_json(REPOSITORY / "hacs.json")
    assert set(hacs) <= {"name", "homeassistant", "filename", "zip_release", "hide_default_branch", "render_readme"}
    assert hacs["name"] == manifest["name"]
    assert "MIT License" in (REPOSITORY / "LICENSE").read_text(encoding="utf-8")


def test_no_committed_file_names_a_registry() -> None:
    for path in committed_files():
        if path.suffix not in (".png", ".flac"):
            found = REGISTRY_HOSTS.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path} names {found}"
