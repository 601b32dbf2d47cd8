"""Processes that share work, and a supervisor that outlives each of them.

Tasks go in, results come out in the order of the tasks, whoever worked on them. A task that stalls, or that kills its
process, costs itself alone: the worker is replaced and the rest goes on. Workers are forked, so that they begin with
all that the parent knows; where there is no fork, the work is done in this process, unsupervised.
"""

from __future__ import annotations

import mmap
import os
import pickle  # between a process and its own forks, over pipes that nobody else can open
import selectors
import signal
import struct
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

from sqla_lint.room import with_room

T = TypeVar("T")
R = TypeVar("R")

# Told the name of what is worked on right now, so that the parent knows whom to blame.
Note = Callable[[str], None]
# Called once in each worker, gives the function that does a task; `avoid` names what has cost a worker before.
Start = Callable[[Note], Callable[[T, frozenset[str]], R]]

CAN_FORK = hasattr(os, "fork")
_FRAME = struct.Struct(">II")  # the task's number, the length of what follows
_NOTE = struct.Struct(">I")
_NOTE_BYTES = 4_096
_MOST_TRIES = 3
_PATIENCE = 5  # a task may wait for a processor so many times as long as it may use one


@dataclass(frozen=True, slots=True)
class Lost:
    """Stands for the result of a task that cost its worker, or names what did (`at`) while it worked on that task."""

    at: str
    stalled: bool
    how: str


@dataclass(slots=True)
class _Worker:
    """One child: the pipes to it, what it was given and has not answered, and when it last did."""

    pid: int
    tasks: int
    results: int
    noted: mmap.mmap
    pending: deque[int] = field(default_factory=deque)
    received: bytearray = field(default_factory=bytearray)
    since: float = 0.0
    used: float = 0.0
    over: bool = False

    def begin(self) -> None:
        """From now on it works on the next task."""
        self.since, self.used = time.monotonic(), _processor_time(self.pid)

    def spent(self) -> float:
        """How many seconds it has worked on its task: a busy machine is not to blame on it, unless it is for long."""
        waited = time.monotonic() - self.since
        return max(_processor_time(self.pid) - self.used, waited / _PATIENCE) if self.used >= 0 else waited

    def note(self) -> str:
        """What the child said last that it works on."""
        (length,) = _NOTE.unpack_from(self.noted)
        return bytes(self.noted[_NOTE.size : _NOTE.size + length]).decode("utf-8", "replace")


class Crew(Generic[T, R]):
    """Up to `jobs` workers that live until the crew is left; `limit` is how many seconds of work one task may take."""

    def __init__(self, start: Start[T, R], jobs: int, limit: float) -> None:
        self._start = start
        self._jobs = jobs
        self._limit = limit
        self._workers: list[_Worker] = []
        self._here: Callable[[T, frozenset[str]], R] | None = None
        self.blamed: dict[str, Lost] = {}

    def __enter__(self) -> Crew[T, R]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for worker in list(self._workers):
            self._end(worker)

    def map(
        self, tasks: Sequence[T], costs: Sequence[int], progress: Callable[[int], None] = lambda done: None
    ) -> list[R | Lost]:
        """Return the result of each task. What a task noted when its worker was lost is in `blamed`, and avoided."""
        if not self._jobs or not CAN_FORK:
            return with_room(lambda: [self._do_here(task, done, progress) for done, task in enumerate(tasks, 1)])
        results: list[R | Lost | None] = [None] * len(tasks)
        queue = deque(range(len(tasks)))
        tries: dict[int, int] = {}
        while queue or any(worker.pending for worker in self._workers):
            self._hand_out(queue, tasks, costs)
            for worker, lost in self._listen(results):
                self._end(worker)
                if not worker.pending:
                    continue
                index = worker.pending.popleft()
                tries[index] = tries.get(index, 0) + 1
                if lost.at and (lost.at not in self.blamed or tries[index] < _MOST_TRIES):
                    self.blamed.setdefault(lost.at, lost)
                    queue.appendleft(index)  # once more, without what is to blame
                else:
                    results[index] = lost
                queue.extendleft(reversed(worker.pending))
            progress(len(tasks) - len(queue) - sum(len(worker.pending) for worker in self._workers))
        return [result for result in results if result is not None]

    def _do_here(self, task: T, done: int, progress: Callable[[int], None]) -> R:
        if self._here is None:
            self._here = self._start(lambda name: None)
        result = self._here(task, frozenset())
        progress(done)
        return result

    def _hand_out(self, queue: deque[int], tasks: Sequence[T], costs: Sequence[int]) -> None:
        """Give every idle worker a stretch of the queue: long ones first, so that neighbours stay together."""
        while queue:
            worker = next((item for item in self._workers if not item.pending), None)
            if worker is None:
                if len(self._workers) >= self._jobs:
                    return
                worker = self._new()
            share, taken = sum(costs[index] for index in queue) // (3 * self._jobs), 0
            while queue and (not worker.pending or taken + costs[queue[0]] <= share):
                taken += costs[queue[0]]
                worker.pending.append(queue.popleft())
            batch = (frozenset(self.blamed), [(index, tasks[index]) for index in worker.pending])
            worker.begin()
            try:
                _write(worker.tasks, 0, pickle.dumps(batch))
            except BrokenPipeError:
                return  # it has died: reading from it will tell

    def _listen(self, results: list[R | Lost | None]) -> list[tuple[_Worker, Lost]]:
        """Wait for results; return the workers that are lost, and how."""
        busy = [worker for worker in self._workers if worker.pending]
        lost: list[tuple[_Worker, Lost]] = []
        with selectors.DefaultSelector() as selector:
            for worker in busy:
                selector.register(worker.results, selectors.EVENT_READ, worker)
            ready = selector.select(max(self._limit - max(worker.spent() for worker in busy), 0) + 0.01)
        for key, _ in ready:
            worker = key.data
            data = os.read(worker.results, 1 << 20)
            if not data:
                lost.append((worker, Lost(worker.note(), False, _ending(worker))))
            worker.received += data
            while (answer := _frame(worker.received)) is not None:
                index, payload = answer
                results[index] = pickle.loads(payload)
                worker.pending.remove(index)
                worker.begin()
        gone = {worker.pid for worker, _ in lost}
        for worker in busy:
            if worker.pending and worker.pid not in gone and worker.spent() > self._limit:
                lost.append((worker, Lost(worker.note(), True, f"took longer than {self._limit:g} seconds")))
        return lost

    def _new(self) -> _Worker:
        """Fork a worker."""
        noted = mmap.mmap(-1, _NOTE_BYTES)
        (tasks_in, tasks_out), (results_in, results_out) = os.pipe(), os.pipe()
        pid = os.fork()
        if not pid:
            for descriptor in (
                tasks_out,
                results_in,
                *(end for one in self._workers for end in (one.tasks, one.results)),
            ):
                os.close(descriptor)
            _live(self._start, tasks_in, results_out, noted)
        os.close(tasks_in)
        os.close(results_out)
        worker = _Worker(pid, tasks_out, results_in, noted)
        self._workers.append(worker)
        return worker

    def _end(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        os.close(worker.tasks)
        os.close(worker.results)
        worker.noted.close()
        if not worker.over:
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)


def _live(start: Start[T, R], tasks: int, results: int, noted: mmap.mmap) -> None:
    """The life of a worker. It ends without a word: an interrupt is the parent's to handle, and so is its death."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)

        def note(name: str) -> None:
            told = name.encode("utf-8", "replace")[: _NOTE_BYTES - _NOTE.size]
            noted[: _NOTE.size + len(told)] = _NOTE.pack(len(told)) + told

        def serve() -> None:
            work = start(note)
            while (frame := _read(tasks)) is not None:
                avoid, batch = pickle.loads(frame)
                for index, task in batch:
                    note("")
                    _write(results, index, pickle.dumps(work(task, avoid), pickle.HIGHEST_PROTOCOL))

        with_room(serve)
        code = 0
    finally:
        os._exit(code)


def _processor_time(pid: int) -> float:
    """The seconds of processor time that a process has used; negative where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return -1.0


def _write(descriptor: int, index: int, payload: bytes) -> None:
    data = memoryview(_FRAME.pack(index, len(payload)) + payload)
    while data:
        data = data[os.write(descriptor, data) :]


def _read(descriptor: int) -> bytes | None:
    """The payload of the next frame; None where there is no more."""
    received = bytearray()
    while (answer := _frame(received)) is None:
        data = os.read(descriptor, 1 << 16)
        if not data:
            return None
        received += data
    return answer[1]


def _frame(received: bytearray) -> tuple[int, bytes] | None:
    """Take the first whole frame from what was received."""
    if len(received) < _FRAME.size:
        return None
    index, length = _FRAME.unpack_from(received)
    end = _FRAME.size + length
    if len(received) < end:
        return None
    payload = bytes(received[_FRAME.size : end])
    del received[:end]
    return index, payload


def _ending(worker: _Worker) -> str:
    """How a worker ended that has closed its pipe, in words."""
    _, status = os.waitpid(worker.pid, 0)
    worker.over = True
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"ended its process with {code}"
    try:
        return f"ended its process with {signal.Signals(-code).name}"
    except ValueError:
        return f"ended its process with signal {-code}"
