"""What entities are called: by their plain name, with their place where the scope holds several of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from patternwatch.contracts.subject import Key, Place

UNLABELLED = "(no entity label)"


class NamesInScope:
    """The names of all entities in scope.

    keys    of every series in scope, whether anything came of it or not: an entity keeps its name from look
            to look then
    owners  what other series say that some of them belong to, with its kind

    A series that lacks a namespace or cluster is of the one entity of its name that has one; where there are
    several, it is of neither.

    >>> names = NamesInScope([
    ...     Key("", "north", "shop", "cart"), Key("", "south", "shop", "cart"), Key("", "north", "shop", "db")
    ... ])
    >>> names.of(Key("", "north", "shop", "cart")), names.of(Key("", "north", "", "db"))
    ('north/shop/cart', 'db')
    """

    def __init__(self, keys: Iterable[Key], owners: Mapping[Key, tuple[str, Key]] | None = None) -> None:
        self._owners = owners or {}
        self._places: dict[str, set[Place]] = defaultdict(set)
        for key in map(self.owner_of, keys):
            self._places[key.name].add(key.place)
        self._whole = {name: _whole(places) for name, places in self._places.items()}
        self._known: dict[Key, str] = {}

    def of(self, key: Key) -> str:
        """What the entity is called; `UNLABELLED` where nothing names it."""
        if not key.name:
            return UNLABELLED
        key = self.owner_of(key)
        if key not in self._known:
            whole = self._whole.get(key.name) or {key.place}
            own = placed(key.place, whole)
            apart = len(whole | {own}) > 1
            self._known[key] = "/".join(part for part in (*own, key.name) if part) if apart else key.name
        return self._known[key]

    def holds(self, name: str) -> bool:
        """Whether an entity of this name is in scope, wherever it lies."""
        return name in self._places

    def place_of(self, name: str) -> Place:
        """Where the entity of this plain name lies; empty where several bear it, whose names say where.

        >>> keys = [Key("", "", "shop", "cart"), Key("", "", "a", "db"), Key("", "", "b", "db")]
        >>> names = NamesInScope(keys)
        >>> names.place_of("cart"), names.place_of("a/db")
        (('', '', 'shop'), ('', '', ''))
        """
        whole = self._whole.get(name, set())
        return next(iter(whole)) if len(whole) == 1 else ("", "", "")

    def owner_of(self, key: Key) -> Key:
        """What an entity belongs to by what other series say; itself where they say nothing."""
        owned = self._owners.get(key)
        return owned[1] if owned else key

    def called(self, name: str, near: Key) -> str:
        """What the entity `name` is called that a series of `near` speaks of: the one in its place, if any.

        >>> keys = [Key("", "", "a", "redis"), Key("", "", "b", "redis"), Key("", "", "a", "db")]
        >>> names = NamesInScope(keys)
        >>> names.called("redis", Key("", "", "b", "cart")), names.called("db", Key("", "", "b", "cart"))
        ('b/redis', 'db')
        """
        places = self._whole.get(name, set())
        for depth in (3, 2, 1, 0):
            fits = [p for p in places if p[:depth] == near.place[:depth]]
            if fits:
                return self.of(Key(*fits[0], name)) if len(fits) == 1 else name
        return name


def placed(place: Place, whole: Iterable[Place]) -> Place:
    """The one of these places that agrees with this one in all that it says; itself where none or several do.

    >>> placed(("", "", "shop"), [("", "north", "shop"), ("", "north", "data")])
    ('', 'north', 'shop')
    """
    fits = [p for p in whole if _agrees(place, p)]
    return fits[0] if len(fits) == 1 else place


def _whole(places: set[Place]) -> set[Place]:
    """The places without those that say less of the same."""
    return {p for p in places if not any(q != p and _agrees(p, q) for q in places)} or places


def _agrees(less: Place, more: Place) -> bool:
    return all(not a or a == b for a, b in zip(less, more, strict=True))
