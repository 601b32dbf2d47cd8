"""The project: all facts linked, and the one place where flow's questions are answered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property, reduce
from typing import TypeVar, cast

from sqla_lint.cache import digest
from sqla_lint.flow.asked import NOTHING_ASKED, Asked
from sqla_lint.flow.decorating import CommittedBy
from sqla_lint.flow.events import Event, Injected
from sqla_lint.flow.frame import TooComplex
from sqla_lint.flow.lattice import doubtful, join
from sqla_lint.flow.managing import as_manager
from sqla_lint.flow.questions import (
    AnnotationMeans,
    AttributeMeans,
    CallsAsked,
    ClassInfo,
    DumpReads,
    Effect,
    EventAsked,
    FunctionInfo,
    Given,
    InjectedBy,
    KeepsRowOf,
    KeptIn,
    KindByUse,
    MappingOf,
    MayLoad,
    NameMeans,
    PossibleVersions,
    Question,
    Read,
    ResponseReads,
    SignatureOf,
    Summary,
    SummaryOf,
    TemplateNamed,
    WorksOnSession,
)
from sqla_lint.flow.speaking import Databases, SpeaksOf
from sqla_lint.flow.values import UNKNOWN, Bindings, ClassValue, Instance, Mapping, Object, OneOf, Session, Value
from sqla_lint.flow.values import Collection as Rows
from sqla_lint.flow.wanting import MayAct
from sqla_lint.knowledge import sessions
from sqla_lint.knowledge.calls import KEEPS_ENDING
from sqla_lint.knowledge.versions import UNKNOWN_VERSIONS, Versions
from sqla_lint.project.annotations import Annotations
from sqla_lint.project.classes import Classes
from sqla_lint.project.crowds import Crowds
from sqla_lint.project.declared import Declarations
from sqla_lint.project.decorators import added_by, decorated
from sqla_lint.project.dialects import databases
from sqla_lint.project.fields import answering, keepers_of
from sqla_lint.project.generations import shown_by
from sqla_lint.project.generics import Generics
from sqla_lint.project.grounds import AllKeepersOf, BodyOf, KeepersOf, MostlyAsync, OneOfMany, OverridersOf
from sqla_lint.project.kinds import KindsByUse
from sqla_lint.project.names import NameIndex
from sqla_lint.project.overriding import passed_on
from sqla_lint.project.records import Records
from sqla_lint.project.sharing import sharing
from sqla_lint.project.signatures import Signatures, may_guess
from sqla_lint.project.slices import Slices, Unsliceable
from sqla_lint.project.summaries import Summaries, join_summaries
from sqla_lint.project.suspects import MODULE_BODY, Suspects
from sqla_lint.project.templates import Templates
from sqla_lint.survey.expressions import dotted, parse_annotation
from sqla_lint.survey.facts import Facts, FunctionFact

A = TypeVar("A")
_MOST_ANSWERS = 100_000  # then they are worked out again
_MOST_OVERRIDERS = 8


class Project:
    """All files of a project, linked. everything: no function is passed over for what its sketch says."""

    def __init__(
        self,
        files: Iterable[Facts],
        slices: Slices,
        everything: bool = False,
        templates: Templates | None = None,
        asked: Asked = NOTHING_ASKED,
        versions: Versions = UNKNOWN_VERSIONS,
    ) -> None:
        self.files, self.slices = list(files), slices
        self.templates = templates or Templates()
        self.index = NameIndex([*self.files, *self.templates.render(self.files)])
        slices.give(self.templates.texts, self.templates.origins)
        self.classes = Classes(self.index)
        generics = Generics(self.classes)
        self._annotations = Annotations(self.classes, generics)
        self._declarations = Declarations(self.classes, self._annotations, generics, self.ask)
        self._signatures = Signatures(self.classes, self._annotations, self._declarations, generics, self.ask)
        self.asked, self.versions = asked, shown_by(self.files, versions)
        self.suspects = Suspects(self.index, self.classes, self.templates, asked)
        self.schemas, self._everything = self.suspects.schemas, everything
        # Told which function is walked right now; those to avoid have brought a process down.
        self.note: Callable[[str], None] = lambda function: None
        self.avoid: frozenset[str] = frozenset()
        self._within, self._answers = list[str](), dict[object, object]()
        self._summaries, self.records = Summaries(self._sum_up), Records()
        self._handlers: dict[type, Callable[..., object]] = {
            NameMeans: lambda question: self._declarations.meaning(self.index.find(question.module, question.name)),
            AttributeMeans: self._attribute,
            KeptIn: self._kept,
            KeepsRowOf: self._keeps_row,
            MappingOf: self._mapping,
            SignatureOf: self._signature,
            SummaryOf: self._summary,
            BodyOf: self._body,
            KeepersOf: self._keepers,
            AllKeepersOf: lambda question: tuple(self._all_keepers(question)),
            OverridersOf: lambda question: tuple(self.classes.overriders(question.cls, question.name)),
            OneOfMany: Crowds(self.classes).answer,
            AnnotationMeans: self._annotation,
            InjectedBy: self._injections,
            CommittedBy: self._added,
            **answering(self.classes, self._annotations),
            **sharing(self.files, self.index, self.suspects.callers, self.suspects.opening),
            KindByUse: KindsByUse(self.index).answer,
            SpeaksOf: lambda question: any(question.option in facts.options for facts in self.files),
            MostlyAsync: lambda question: self.mostly_async,
            Databases: lambda question: self.databases,
            PossibleVersions: lambda question: self.versions,
            CallsAsked: lambda question: asked.calls,
            EventAsked: lambda question: question.event in asked.events,
            WorksOnSession: lambda question: question.function in self.suspects.working,
            MayAct: lambda question: question.name in self.suspects.acting,
            MayLoad: lambda question: self.suspects.may_load(question.name),
            ResponseReads: self._response,
            **self.schemas.answering(),
            DumpReads: self._dumped,
            TemplateNamed: lambda question: self.templates.function(question.name, question.near),
        }
        self.kinds = {kind.__name__: kind for kind in self._handlers}

    @cached_property
    def mostly_async(self) -> bool:
        """Whether more files import asynchronous sessions than synchronous ones."""
        kinds = [
            {sessions.CLASSES.get(name) or sessions.MAKERS.get(name) for name in facts.imports.values()}
            for facts in self.files
        ]
        return sum("async" in kind for kind in kinds) > sum("sync" in kind for kind in kinds)

    @cached_property
    def databases(self) -> frozenset[str]:
        """The dialects of the database URLs in the project, its tests left out; `UNBATCHED` where there are others."""
        return databases(self.files)

    def ask(self, question: Question[A]) -> A:
        """Answer a question of flow; equal questions get equal answers."""
        self.records.note(question)
        known = self._answers.get(question, self)
        if known is self:
            self.records.begin()
            try:
                known = self._handlers[type(question)](question)
            finally:
                self.records.end(question)
            if not isinstance(question, SummaryOf | KeptIn | KeepsRowOf):  # those are kept where their cycles are known
                self._answers[question] = known
        return cast("A", known)

    def _attribute(self, question: AttributeMeans) -> Value:
        found = self._declarations.attribute(
            question.cls, question.name, question.on_class, above=question.above, bound=question.bound
        )
        # Rows kept in an attribute may have been loaded by whoever put them there; one object is what it is.
        return found if isinstance(found, Instance) else doubtful(found)

    def _kept(self, question: KeptIn) -> Value:
        this, keepers = self.ask(KeepersOf(question.cls, question.name))
        return self._left_by(keepers, this, question.name) if keepers else UNKNOWN

    def _keepers(self, question: KeepersOf) -> tuple[str, tuple[str, ...]]:
        for module, fact in self.classes.facts(question.cls):
            if keeping := keepers_of(fact, question.name):
                keepers = tuple(f"{module}:{qualname}" for qualname in keeping)
                this = "" if question.cls == f"{module}:{fact.qualname}" else question.cls
                known = all(self._may_keep(item, fact.keepers) for item in keepers)
                return this, keepers if known else ()
        return "", ()

    def _keeps_row(self, question: KeepsRowOf) -> bool:
        """One that an annotation tells of counts, and one that any of the methods leaves there."""
        for this, name, keepers in self.ask(AllKeepersOf(question.cls)):
            left = (self._left_by([item], this, name) for item in keepers)
            values = [self.ask(AttributeMeans(question.cls, name)), *left]
            if any(self._is_row(value, question.row) for value in values):
                return True
            if name == question.name and all(value == UNKNOWN for value in values):
                return True
        return False

    def _all_keepers(self, question: AllKeepersOf) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        for module, fact in self.classes.facts(question.cls):
            this = "" if question.cls == f"{module}:{fact.qualname}" else question.cls
            for name, keepers in fact.keepers.items():
                ids = (f"{module}:{item}" for item in keepers)
                yield this, name, tuple(item for item in ids if self._may_keep(item, fact.keepers))

    def _is_row(self, value: Value, cls: str) -> bool:
        """Whether a value is, may be or holds rows of a class, or of one derived from it."""
        match value:
            case Instance(cls=found):
                info = self.ask(MappingOf(found))
                return found == cls or info is not None and cls in info.lineage
            case Rows(element=row, limit=None) | Mapping(value=row):
                return self._is_row(row, cls)
            case OneOf(values=values):
                return any(self._is_row(item, cls) for item in values)
        return False

    def _may_keep(self, keeper: str, kept: Collection[str]) -> bool:
        """Whether what a method sets may be rows: it reaches a session, or something else that is kept."""
        fact = self.index.function_fact(keeper)
        if fact is None or not fact.parameters:
            return False
        return keeper in self.suspects.effectful or not fact.sketch.touched(fact.parameters[0].name).isdisjoint(kept)

    def _left_by(self, keepers: Sequence[str], this: str, name: str) -> Value:
        """What any of several methods leaves in an attribute of `self`."""
        summaries = [self.ask(SummaryOf(item, this, closely=True)) for item in keepers]
        left = [value for summary in summaries for kept, value in summary.keeps if kept == name]
        return reduce(join, left) if left and all(item.known for item in summaries) else UNKNOWN

    def _mapping(self, question: MappingOf) -> ClassInfo | None:
        return self.classes.mapping(question.cls) if self.index.class_fact(question.cls) else None

    def _signature(self, question: SignatureOf) -> FunctionInfo | None:
        return self._signatures.signature(question.function, question.this, question.bound)

    def _annotation(self, question: AnnotationMeans) -> Value:
        found = self._annotations.value(question.module, parse_annotation(question.annotation))
        return found if question.of_parameter else doubtful(found)

    def _injections(self, question: InjectedBy) -> tuple[tuple[str | int, Session], ...]:
        """Walk a decorator and what it defines, and see what they call the decorated function with."""
        info = self.ask(SignatureOf(question.decorator))
        self.ask(BodyOf(question.decorator))
        if info is None or question.decorator not in self.suspects.effectful and info.name not in self.suspects.opening:
            return ()
        found: dict[str | int, Session] = {}

        def note(event: Event) -> None:
            if isinstance(event, Injected):
                found.setdefault(event.parameter, Session("", event.session.kind, "caller"))

        with suppress(Unsliceable, TooComplex):
            self.walk(info, note)
        return tuple(found.items())

    def _added(self, question: CommittedBy) -> tuple[Effect, ...]:
        return added_by(self.index, self.suspects.committing, self.ask, question.decorator)

    def _dumped(self, question: DumpReads) -> tuple[Read, ...] | None:
        return self.suspects.dumps.reads(question.cls, question.many, question.only, question.exclude)

    def _response(self, question: ResponseReads) -> tuple[Read, ...]:
        fact = self.index.function_fact(question.function)
        return self.schemas.response(self.index.modules[question.function.partition(":")[0]], fact) if fact else ()

    def _body(self, question: BodyOf) -> str:
        module, _, qualname = question.function.partition(":")
        facts, fact = self.index.modules.get(module), self.index.function_fact(question.function)
        if facts is None or fact is None and qualname != MODULE_BODY:
            return ""
        lines = self.slices.lines(facts.path)
        first, end = (fact.line, fact.end_line) if fact else (1, len(lines))
        effectful = question.function in self.suspects.effectful
        opening = fact is not None and fact.name in self.suspects.opening
        origins = self.templates.origins.get(facts.path, ())
        return digest(facts.path, repr((first, effectful, opening, may_guess(facts), origins)), *lines[first - 1 : end])

    def _summary(self, question: SummaryOf) -> Summary:
        if question.this and not question.bound and self.ask(OneOfMany(question.function, question.this)):
            return self.ask(replace(question, this=""))
        if question.closely and question.function in self.suspects.effectful:
            return self.ask(replace(question, closely=False))  # it is walked in any case, with the same outcome
        return self._summaries.answer(question)

    def _sum_up(self, question: SummaryOf) -> Summary:
        """Walk a function for its summary, and add what its decorators do."""
        summary = self._sum_up_body(question)
        info = self.ask(SignatureOf(question.function))
        return decorated(summary, info, self.ask) if info is not None and summary.known else summary

    def _sum_up_body(self, question: SummaryOf) -> Summary:
        fact = self.index.function_fact(question.function)
        info = self.ask(SignatureOf(question.function))
        if info is not None and info.generic and question.this:
            info = self.ask(SignatureOf(question.function, question.this, question.bound))
        self.ask(BodyOf(question.function))
        if fact is None or info is None:
            return Summary()
        info = as_manager(info, question.manages)
        if fact.returns is not None and dotted(fact.returns).rpartition(".")[2] in ("NoReturn", "Never"):
            return Summary(known=True, returns_normally=False, name=fact.name)
        if fact.is_abstract:
            return self._sum_up_overriders(question, fact, info)
        touches = question.function in self.suspects.effectful or info.wraps == "contextmanager" or self._everything
        if not touches and not question.closely and fact.returns is not None:
            # Nothing it reaches touches a session or a relationship, it is given none, and it says what it gives.
            return Summary(known=True, returns=doubtful(info.returns), name=fact.name)
        try:
            found = self.walk(self._as_of(info, question.this, question.bound), lambda event: None, question.given)
        except (Unsliceable, TooComplex):
            return Summary()
        if not found.returns_normally and self._may_be_another(question, fact, info):
            return replace(found, returns_normally=True, returns=doubtful(info.returns))
        return found

    def _may_be_another(self, question: SummaryOf, fact: FunctionFact, info: FunctionInfo) -> bool:
        """Whether a call may run something else: what overrides a method, or what a decorator makes of a function."""
        decorators = (self.classes.words.decorator(info.module, item) for item in fact.decorators)
        if not all(item in KEEPS_ENDING for item in decorators):
            return True
        return bool(info.owner and self.classes.overriders(question.this or info.owner, fact.name))

    def _sum_up_overriders(self, question: SummaryOf, fact: FunctionFact, info: FunctionInfo) -> Summary:
        """An abstract method does what any of those that override it does, where they can be counted."""
        overriders = self.ask(OverridersOf(question.this or info.owner, fact.name))
        for item in overriders:
            self.ask(BodyOf(item))
        facts = [self.index.function_fact(item) for item in overriders]
        names = [item.name for item in fact.parameters]
        alike = all(item is not None and [one.name for one in item.parameters] == names for item in facts)
        if not alike or len(overriders) > _MOST_OVERRIDERS:
            given = passed_on(fact, self.classes.words.word(info.module, fact.returns), facts)
            return Summary() if given is None else Summary(known=True, returns=given, name=fact.name)
        return join_summaries([self.ask(replace(question, function=item, this="", bound=())) for item in overriders])

    def _as_of(self, info: FunctionInfo, this: str, bound: Bindings) -> FunctionInfo:
        """The signature with `self` an instance of a subclass, where one is named."""
        if not this or not info.parameters or not info.binds:
            return info
        first = info.parameters[0]
        if info.binds == "cls":
            return replace(info, parameters=(replace(first, value=ClassValue(this, bound)), *info.parameters[1:]))
        mapping = self.ask(MappingOf(this))
        value = Instance(this) if mapping is not None and mapping.mapped else Object(this, bound=bound)
        if not isinstance(first.value, Instance | Object):
            return info
        return replace(info, parameters=(replace(first, value=value), *info.parameters[1:]))

    def walk(
        self,
        info: FunctionInfo,
        sink: Callable[[Event], None],
        given: Given = (),
    ) -> Summary:
        """Walk a function: its events to `sink`, its summary back. Raises Unsliceable."""
        from sqla_lint.flow.visitor import walk

        facts = self.index.modules[info.module]
        with self._noting(info.id):
            slice_, node = self.slices.function(facts, facts.functions[info.id.partition(":")[2]])
            return walk(info, slice_, node, self.ask, sink, given)

    @contextmanager
    def _noting(self, function: str) -> Iterator[None]:
        """Tell what is walked now, and afterwards what is walked again; raise Unsliceable for what is avoided."""
        if function in self.avoid:
            raise Unsliceable("it cannot be analysed")
        self._within.append(function)
        self.note(function)
        try:
            yield
        finally:
            self._within.pop()
            self.note(self._within[-1] if self._within else "")

    def inspect(self, facts: Facts, qualname: str, sink: Callable[[Event], None]) -> Summary:
        """Walk a root, a function or the body of a module: events to `sink`, its summary back. Raises Unsliceable."""
        self._summaries.shrink()
        if len(self._answers) > _MOST_ANSWERS:
            self._answers.clear()
        self.ask(BodyOf(f"{facts.module}:{qualname}"))
        if qualname != MODULE_BODY:
            info = self.ask(SignatureOf(f"{facts.module}:{qualname}"))
            assert info is not None
            return self.walk(info, sink)
        from sqla_lint.flow.visitor import walk

        info = FunctionInfo(
            f"{facts.module}:{MODULE_BODY}", MODULE_BODY, facts.module, facts.path, 1, 1, (), UNKNOWN,
            False, False, "", "", may_guess(facts), True, True,
        )  # fmt: skip
        with self._noting(info.id):
            return walk(info, self.slices.module(facts), None, self.ask, sink)
