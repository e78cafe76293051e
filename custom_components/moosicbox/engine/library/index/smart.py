"""Smart playlists: rules instead of a list of tracks, evaluated for each request."""

from collections.abc import Callable
import sqlite3
import time
from typing import Any, Final

import msgspec

from ...protocol.errors import InvalidMessage
from ...protocol.library_request import RuleField, SmartOrder, SmartRule, SmartRules
from .loudness import REFERENCE_LUFS
from .states import PRESENT
from .text import sort_key

DAY: Final = 86_400
TABLES: Final = "tracks t LEFT JOIN albums a ON a.id = t.album"
type Condition = tuple[str, tuple[Any, ...]]

_PLAYS: Final = {False: "t.play_count", True: "coalesce(u.play_count, 0)"}
_PLAYED_AT: Final = {False: "t.played_at", True: "coalesce(u.played_at, 0)"}
_OWN_PLAYS: Final = " LEFT JOIN user_plays u ON u.track_id = t.track_id AND u.user_id = ?"
_GAIN: Final = "coalesce(t.track_gain, t.measured_gain)"
_TEXTS: Final[dict[RuleField, str]] = {
    "title": "t.sort {}",
    "album": "a.sort {}",
    "artist": "EXISTS (SELECT 1 FROM track_artists l JOIN artists r ON r.id = l.artist WHERE l.track = t.id AND r.sort {})",
    "genre": "EXISTS (SELECT 1 FROM track_genres l JOIN genres g ON g.id = l.genre WHERE l.track = t.id AND g.sort {})",
}
_COMPARISONS: Final = {"is": "=", "is_not": "<>", "at_least": ">=", "at_most": "<="}


def tracks_query(rules: SmartRules, owner: str, columns: str, now: float | None = None) -> Condition:
    """Return the SQL of a query for the tracks of a smart playlist, and its values.

    Args:
        rules: The rules.
        owner: The user whose plays and favourites count if the rules refer to these.
        columns: The selected columns, of the tables of tracks.
        now: The Unix time from which ages are counted; None: now.

    Raises:
        InvalidMessage: A rule compares a field in a way that makes no sense for it.
    """
    moment = int(time.time() if now is None else now)
    conditions = [_condition(rule, moment, mine=rules.mine) for rule in rules.rules]
    joined, values = (_OWN_PLAYS, (owner,)) if rules.mine else ("", ())
    where = f"t.state = {PRESENT}"
    if conditions:
        where += f" AND ({(' AND ' if rules.match == 'all' else ' OR ').join(text for text, _ in conditions)})"
    bound = [*values, *(value for _, of_condition in conditions for value in of_condition)]
    order = _order(rules.order, mine=rules.mine)
    return f"SELECT {columns} FROM {TABLES}{joined} WHERE {where} ORDER BY {order} LIMIT {rules.limit}", tuple(
        owner if value is _OWNER else value for value in bound
    )


def stored_rules(data: bytes | None) -> SmartRules | None:
    """Return the stored rules of a playlist; None if it isn't smart."""
    return None if data is None else msgspec.json.decode(data, type=SmartRules)


def smart_totals(index: sqlite3.Connection, rules: SmartRules, owner: str) -> tuple[int, float]:
    """Return the number of a smart playlist's tracks, and their duration in seconds."""
    inner, values = tracks_query(rules, owner, "t.duration AS duration")
    count, duration = index.execute(f"SELECT count(*), coalesce(sum(duration), 0) FROM ({inner})", values).fetchone()
    return int(count), round(float(duration), 3)


def check_rules(rules: SmartRules) -> None:
    """Raise InvalidMessage if a rule compares a field in a way that makes no sense for it."""
    for rule in rules.rules:
        _condition(rule, 0, mine=rules.mine)


class _Owner:
    """Stands for the id of the playlist's owner among bound values."""


_OWNER: Final = _Owner()


def _condition(rule: SmartRule, now: int, *, mine: bool) -> Condition:
    field, value = rule.field, rule.value
    if field in _TEXTS:
        return _text(rule)
    if field == "favourite":
        if not isinstance(value, bool) or rule.op not in ("is", "is_not"):
            raise _refused(rule)
        liked = "EXISTS (SELECT 1 FROM user_favourites f WHERE f.user_id = ? AND f.item_id = t.track_id)"
        condition, values = (liked, (_OWNER,)) if mine else ("t.favourite", ())
        return (condition if value == (rule.op == "is") else f"NOT {condition}"), values
    if isinstance(value, bool) or not isinstance(value, int | float) or rule.op == "contains":
        raise _refused(rule)
    if field in ("added", "played"):
        if rule.op not in ("at_least", "at_most"):
            raise _refused(rule)
        # More days ago is an earlier time; a track that was never played was played before any day.
        column = "t.added_at" if field == "added" else _PLAYED_AT[mine]
        return f"{column} {'<=' if rule.op == 'at_least' else '>='} ?", (now - int(value * DAY),)
    columns: dict[str, str] = {
        "year": "nullif(t.year, 0)",
        "plays": _PLAYS[mine],
        "duration": "nullif(t.duration, 0)",
        "loudness": f"({REFERENCE_LUFS} - {_GAIN})",
    }
    return f"coalesce({columns[field]} {_COMPARISONS[rule.op]} ?, 0)", (value,)


def _text(rule: SmartRule) -> Condition:
    if not isinstance(rule.value, str):
        raise _refused(rule)
    forms: dict[str, Callable[[str], Condition]] = {
        "is": lambda text: ("= ?", (sort_key(text),)),
        "is_not": lambda text: ("= ?", (sort_key(text),)),
        "contains": lambda text: ("LIKE ? ESCAPE '\\'", (f"%{_escaped(sort_key(text))}%",)),
    }
    if rule.op not in forms:
        raise _refused(rule)
    comparison, values = forms[rule.op](rule.value)
    condition = f"coalesce({_TEXTS[rule.field].format(comparison)}, 0)"
    return (f"NOT {condition}" if rule.op == "is_not" else condition), values


def _order(order: SmartOrder, *, mine: bool) -> str:
    name = order.removeprefix("-")
    column = {
        "random": "random()",
        "title": "t.sort",
        "artist": "t.artist_sort, t.album_sort, t.disc_number, t.track_number",
        "year": "t.year",
        "added": "t.added_at",
        "duration": "t.duration",
        "plays": _PLAYS[mine],
        "played": _PLAYED_AT[mine],
        "loudness": f"-{_GAIN}",
    }[name]
    return f"{column}{' DESC' if order.startswith('-') else ''}, t.id"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _refused(rule: SmartRule) -> InvalidMessage:
    return InvalidMessage(f"{rule.field} can't be compared by {rule.op} with this value", ["playlist", "rules"])
