"""The due items of a ledger in, worked on by the actors of a Ray cluster; rows of what became of
each come back to the ledger."""

import json
import logging
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from tintype.archive import receipts
from tintype.archive.ledger import Item, ItemOutcome, Ledger, Output
from tintype.archive.ledger.records import outcome_from
from tintype.archive.local import alone
from tintype.archive.stores import Folder
from tintype.archive.work import ArchiveJob, Worker, discard
from tintype.engine import Colorizer
from tintype.errors import ArchiveError, UsageError, how_to_install

BATCH_ITEMS = 8
"""Items an actor takes at once: few, so that little is repeated where a machine dies."""
ROUND_ITEMS = 100_000
"""Items that are handed to Ray at once; the ledger is read in rounds, so that the driver's memory
does not grow."""
CONNECT_SECONDS = 10.0
"""Seconds in which the cluster must answer."""
HEALTH_SECONDS = 30.0
"""Seconds in which it must accept this program, which starts Ray's command first."""
HOST_AND_PORT = re.compile(r"(?P<client>ray://)?(?P<host>[^/:]+):(?P<port>\d+)")


def ray_engine(
    address: str | None,
    model: str,
    device: str,
    size: int | None,
    workers: int | None,
    watch: Callable[[ItemOutcome], None] = lambda _: None,
) -> Callable[[Ledger, int, ArchiveJob], None]:
    """A Ray cluster. address: of a running one; None: this machine's, started for the run. Raises
    UsageError without Ray."""
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise UsageError(f"--engine ray needs Ray; {how_to_install('ray')}") from error
    make_colors = partial(Colorizer, model, device, size)
    return partial(
        run_on_ray, address=address, make_colors=make_colors, workers=workers, watch=watch
    )


def run_on_ray(
    ledger: Ledger,
    run: int,
    job: ArchiveJob,
    address: str | None,
    make_colors: Callable[[int], Colorizer],
    workers: int | None,
    watch: Callable[[ItemOutcome], None],
) -> None:
    """Work on every due item with a pool of actors, each of which loads the network once; one per
    GPU where there are GPUs.

    An item's error is a row like any other. A machine that dies costs nothing: its items go to
    another, which finds the receipts of what was finished already. Raises ArchiveError where the
    cluster cannot be reached or is lost.
    """
    import ray
    from ray.exceptions import RayError

    started = _connect(address)
    try:
        for items in _rounds(ledger):
            ledger.start((item.name for item in items), run)
            for outcome in _outcomes(items, ledger, job, make_colors, workers):
                if outcome.kind == "stop":
                    raise ArchiveError(outcome.error or "the run cannot go on")
                _keep(ledger, job, outcome)
                watch(outcome)
    except (RayError, ConnectionError) as error:
        reason = str(error).strip().splitlines()[-1:]
        raise ArchiveError(
            f"the cluster was lost ({''.join(reason)}); run the same command again for the rest"
        ) from error
    finally:
        ledger.release()
        if started:
            ray.shutdown()


def _connect(address: str | None) -> bool:
    """Join the cluster; returns whether this process now holds a connection of its own. Raises
    ArchiveError."""
    import ray

    if ray.is_initialized():
        return False
    try:
        if matched := HOST_AND_PORT.fullmatch(address or ""):  # Ray itself would try for minutes
            socket.create_connection(
                (matched["host"], int(matched["port"])), timeout=CONNECT_SECONDS
            ).close()
            if matched["client"] is None:
                _check_health(f"{matched['host']}:{matched['port']}")
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            include_dashboard=False if address is None else None,
        )
    except Exception as error:  # ConnectionError, RuntimeError, ValueError and others of Ray's
        raise ArchiveError(
            f"the Ray cluster at {address or 'this machine'} cannot be reached ({error}); nothing"
            " was changed"
        ) from error
    return True


def _check_health(address: str) -> None:
    """Ask the cluster whether it answers this program, in a process of its own: Ray may end it.
    Raises ConnectionError."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=HEALTH_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ConnectionError(f"no answer within {HEALTH_SECONDS:.0f} s") from error
    if answer.returncode == 0:
        return
    message = f"{answer.stdout}{answer.stderr}".strip()
    if "authentication token" in message.lower():
        raise ConnectionError(
            "it asks for a token that this program does not have: set RAY_AUTH_MODE=token and"
            " RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH"
        )
    raise ConnectionError(message.rpartition("\n")[2] or f"exit status {answer.returncode}")


def _rounds(ledger: Ledger) -> Iterator[list[Item]]:
    some: list[Item] = []
    for item in ledger.items("due"):
        some.append(item)
        if len(some) == ROUND_ITEMS:
            yield some
            some = []
    if some:
        yield some


def _outcomes(
    items: list[Item],
    ledger: Ledger,
    job: ArchiveJob,
    make_colors: Callable[[int], Colorizer],
    workers: int | None,
) -> Iterator[ItemOutcome]:
    """The rows of the actors as they come, in any order."""
    import ray

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    rows = [task(item, ledger) for item in items]
    resources = ray.cluster_resources()
    gpus = int(resources.get("GPU", 0))
    blocks = -(-len(rows) // BATCH_ITEMS)
    pool = min(blocks, workers or gpus or max(1, int(resources.get("CPU", 1)) - 1))
    dataset = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(
        Actor,
        fn_constructor_args=(job, make_colors),
        batch_size=BATCH_ITEMS,
        batch_format="numpy",
        zero_copy_batch=True,
        compute=ray.data.ActorPoolStrategy(size=pool),
        num_cpus=None if gpus else 1,
        num_gpus=1 if gpus else None,
    )
    for row in dataset.iter_rows():
        yield outcome_from(json.loads(row["outcome"]))


def task(item: Item, ledger: Ledger) -> dict[str, str]:
    """A row for an actor: the item, its outputs so far, and the names that are taken."""
    before = [asdict(output) for output in ledger.outputs(item.name)]
    return {
        "item": json.dumps(asdict(item)),
        "before": json.dumps(before),
        "owners": json.dumps(ledger.owners(item)),
    }


class Actor:
    """Holds the network of one worker process and colors batches of items."""

    def __init__(self, job: ArchiveJob, make_colors: Callable[[int], Colorizer]) -> None:
        import cv2

        cv2.setNumThreads(1)  # the other cores have actors of their own
        scratch = (
            job.scratch
            if isinstance(job.target, Folder)
            else Path(tempfile.mkdtemp(prefix="tintype-"))
        )
        self.job = replace(job, scratch=scratch)
        self.make_colors = make_colors
        self.worker = Worker(self.job, make_colors(1))

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Rows of items in, rows of outcomes out.

        An actor died at a batch that was begun before: each of its items gets a process of its own,
        whose death harms nothing else.
        """
        columns = (map(json.loads, batch[name]) for name in ("item", "before", "owners"))
        tasks = [
            (Item(**item), tuple(Output(**output) for output in before), owners)
            for item, before, owners in zip(*columns, strict=True)
        ]
        begun = receipts.begun_name(tasks[0][0].name)
        color = self._color_alone if self._begin(begun) else self.color
        outcomes = [self._one(*task, color) for task in tasks]
        with suppress(OSError):
            self.worker.persist(partial(self.job.target.delete, begun))
        return {"outcome": [json.dumps(asdict(outcome)) for outcome in outcomes]}

    def _begin(self, begun: str) -> bool:
        """Note that a batch is begun; returns whether it was before."""
        target = self.job.target
        try:
            if self.worker.persist(lambda: target.stat(begun)) is not None:
                return True
            self._put(begun, "")
        except OSError:  # without the note, a batch that kills its actor is only tried again
            pass
        return False

    def _put(self, name: str, text: str) -> None:
        made = self.job.scratch / Path(name).name
        made.write_text(text, "utf-8")
        self.job.target.put(made, name)

    def _one(
        self,
        item: Item,
        before: tuple[Output, ...],
        owners: dict[str, str],
        color: Callable[..., ItemOutcome],
    ) -> ItemOutcome:
        receipt = None
        with suppress(OSError):
            receipt = self.worker.persist(
                lambda: receipts.read_receipt(self.job.target, receipts.receipt_name(item.name))
            )
        if receipt is None:
            return color(item, before, owners)
        outcome, fingerprint = receipt
        with suppress(OSError):
            if fingerprint == self.job.settings.fingerprint and self._is_finished(outcome):
                names = {output.name for output in outcome.outputs}
                discard(self.job.target, (output for output in before if output.name not in names))
                return outcome
        # what a dead actor had put in place already is the item's own, and no file of somebody else
        cut_short = tuple(replace(output, stale=True) for output in outcome.outputs)
        return color(item, before + cut_short, owners)

    def _is_finished(self, outcome: ItemOutcome) -> bool:
        """Whether all outputs are in place, and the source is the one that they were made from."""
        target = self.job.target
        in_place = all(
            target.stat(output.name) and target.sha256(output.name) == output.hash
            for output in outcome.outputs
        )
        return in_place and self.job.source.sha256(outcome.name) == outcome.source_hash

    def color(self, item: Item, before: tuple[Output, ...], owners: dict[str, str]) -> ItemOutcome:
        """Color one item; its receipt lets whoever gets the item again find it done."""
        try:
            return self.worker(item, before, owners, self._promise)
        except ArchiveError as error:
            return ItemOutcome(item.name, "failed", kind="stop", error=str(error))

    def _promise(self, outcome: ItemOutcome) -> None:
        self._put(
            receipts.receipt_name(outcome.name),
            receipts.receipt_text(outcome, self.job.settings.fingerprint),
        )

    def _color_alone(
        self, item: Item, before: tuple[Output, ...], owners: dict[str, str]
    ) -> ItemOutcome:
        return alone(
            item, partial(_with_own_network, self.job, self.make_colors, item, before, owners)
        )


def _with_own_network(
    job: ArchiveJob, make_colors: Callable[[int], Colorizer], *task: Any
) -> ItemOutcome:
    return Actor(job, make_colors).color(*task)


def _keep(ledger: Ledger, job: ArchiveJob, outcome: ItemOutcome) -> None:
    """Enter an outcome into the ledger; after that the receipt of what is done is not needed.

    That of an item which failed while its outputs were put in place shows the next run which names
    are its own.
    """
    fingerprint = job.settings.fingerprint
    if outcome.state == "done" and not outcome.unchanged:
        ledger.promise(outcome, fingerprint)
    ledger.finish(outcome, fingerprint)
    if outcome.state == "done":
        job.target.delete(receipts.receipt_name(outcome.name))
