"""Which relationship paths of an instance are loaded: a tree of loader options.

Facts of the strategies: https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html
"""

from __future__ import annotations

from dataclasses import dataclass

WILDCARD = "*"
DOUBT = "**"
# All columns that no option names, and what options make of columns.
COLUMNS = "<columns>"
DEFERRED, UNDEFERRED = "deferred", "undeferred"
# A deferred one that raises when it is read.
RAISED = "raised"
# What subclasses alone have: rows of a base come without it, unless it is asked for.
SUBCLASSES, APART = "<subclasses>", "subclass"
# What the database works out in an UPDATE, and nobody has fetched since; stands for an attribute that was set.
UPDATED, SET = "updated", "<set>"
_OF_COLUMNS = (DEFERRED, UNDEFERRED, RAISED, APART, UPDATED)


@dataclass(frozen=True, slots=True)
class LoadTree:
    """For each relationship name the strategy in force and what is loaded below it.

    `*` stands for all other names at this level, `**` for all others at this level and below: nobody can tell what
    is loaded, so that every read is in doubt.
    """

    branches: tuple[tuple[str, str, LoadTree], ...] = ()

    def strategy(self, name: str) -> str | None:
        """The strategy an option asks for at this name, or None where no option speaks of it."""
        wildcard = None
        for branch, strategy, _ in self.branches:
            if branch == name and (strategy or not self.doubtful):
                return strategy or None
            if branch in (WILDCARD, DOUBT):
                wildcard = strategy
        return wildcard

    def column(self, name: str) -> str:
        """What is known of a column: one of the words for columns above, or "" where nothing is."""
        told = {branch: strategy for branch, strategy, _ in self.branches if strategy in _OF_COLUMNS}
        return told.get(name) or told.get(COLUMNS, "")

    def below(self, name: str) -> LoadTree:
        """The options in force on what `name` leads to."""
        found = next((tree for branch, _, tree in self.branches if branch == name), EMPTY)
        return found.merge(ANYTHING) if self.doubtful else found

    @property
    def eager(self) -> bool:
        """Whether relationships are loaded with the rows."""
        return any(strategy not in ("", *_OF_COLUMNS) for _, strategy, _ in self.branches)

    @property
    def doubtful(self) -> bool:
        """Whether anything may be loaded."""
        return any(branch == DOUBT for branch, _, _ in self.branches)

    def merge(self, other: LoadTree) -> LoadTree:
        """Both options together; where they speak of one name, the later strategy wins."""
        merged = {branch: (strategy, tree) for branch, strategy, tree in self.branches}
        for branch, strategy, tree in other.branches:
            if branch in merged:
                earlier, known = merged[branch]
                merged[branch] = (strategy or earlier, known.merge(tree))
            else:
                merged[branch] = (strategy, tree)
        return LoadTree(tuple(sorted((branch, *rest) for branch, rest in merged.items())))

    def without(self, names: frozenset[str]) -> LoadTree:
        """The options, but for what they say of these names at this level."""
        return LoadTree(tuple(item for item in self.branches if item[0] not in names))

    def fetched(self) -> LoadTree:
        """The same once what was updated has been read again."""
        return LoadTree(tuple(item for item in self.branches if item[1] != UPDATED))

    def union(self, other: LoadTree) -> LoadTree:
        """What either has: used where a doubt must not become a finding."""
        deferred = {item for item in (*self.branches, *other.branches) if item[1] in (DEFERRED, RAISED, APART, UPDATED)}
        doubted = frozenset(item[0] for item in deferred if item not in self.branches or item not in other.branches)
        return self.merge(other).without(doubted)


EMPTY = LoadTree()
ANYTHING = LoadTree(((DOUBT, "joined", EMPTY),))


ALL_OF_THEM = LoadTree(((SUBCLASSES, UNDEFERRED, EMPTY),))


def chain(names: tuple[str, ...], strategies: tuple[str, ...], tail: LoadTree = EMPTY) -> LoadTree:
    """The tree of one path: `names` with their strategies, and `tail` below the last."""
    tree = tail
    for name, strategy in zip(reversed(names), reversed(strategies), strict=True):
        tree = LoadTree(((name, strategy, tree),))
    return tree
