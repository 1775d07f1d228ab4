"""Work spread over processes: one thread each, results as they come, a progress bar, one line for a failure."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from hpefair.errors import ToolError
from hpefair.machine import progress

Item = TypeVar("Item")
Result = TypeVar("Result")

# Two threads in each of two processes cost more than they bring on small arrays; results do not depend on it.
ONE_THREAD: Final = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


def run(function: Callable[[Item], Result], items: Sequence[Item], workers: int, what: str) -> Iterator[Result]:
    """Call a function on every item, in fresh processes.

    Args:
        function: A module-level function, or a picklable object; each process gets it once, and may keep things in it.
        items: Its arguments.
        workers: Number of processes.
        what: What is being done, for the progress bar.

    Yields:
        Results in the order in which they are finished.

    Raises:
        ToolError: If a process is ended from outside.
    """
    if not items:
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_hold, initargs=(function,)) as pool:
        with _environment(ONE_THREAD), _deaf_children():
            futures = [pool.submit(_call, item) for item in items]
        try:
            for future in progress.track(as_completed(futures), what, len(futures)):
                yield future.result()
        except BrokenProcessPool as error:
            raise ToolError(
                f"{what}: a worker process was killed from outside, most often for lack of memory: close other "
                "programs or use a larger machine, then run the same command again"
            ) from error
        finally:
            for future in futures:
                future.cancel()


_held: list[Callable[[Any], Any]] = []


def _hold(function: Callable[[Any], Any]) -> None:
    """Keep the function in this process: what it opens for its first item it needs not open again."""
    _held[:] = [function]
    threading.Thread(target=_die_with_parent, name="die-with-parent", daemon=True).start()


def _die_with_parent() -> None:
    """End this process as soon as its parent is gone: nobody waits for its results, and it must not write any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _call(item: Any) -> Any:
    return _held[0](item)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Environment that child processes inherit: threads are counted when numpy is imported."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Ctrl-C reaches every process of the terminal; children started here leave it to their parent to end them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
