"""The due items of a ledger in, worked on by the actors of a Ray cluster; rows of what became of each come back to the ledger."""

import hashlib
import json
import logging
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from tintype.archive.ledger import Item, Ledger, Outcome, Output
from tintype.archive.stores import Folder
from tintype.archive.work import Job, Worker
from tintype.engine import Colorizer
from tintype.errors import ArchiveError, UsageError

BATCH = 8
"""Items an actor takes at once: few, so that little is repeated where a machine dies."""
ROUND = 100_000
"""Items that are handed to Ray at once; the ledger is read in rounds, so that the driver's memory does not grow."""
PATIENCE = 10.0
"""Seconds in which the cluster must answer."""
HOST_AND_PORT = re.compile(r"(ray://)?(?P<host>[^/:]+):(?P<port>\d+)")
RECEIPTS = ".tintype/receipts"
"""Folder in the target where actors note what they finished, until the ledger knows it."""


def ray_engine(
    address: str | None,
    model: str,
    device: str,
    size: int | None,
    workers: int | None,
    tell: Callable[[Outcome], None] = lambda _: None,
) -> Callable[[Ledger, int, Job], None]:
    """A Ray cluster. address: of a running one; None: this machine's, started for the run. Raises UsageError without Ray."""
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise UsageError("--engine ray needs: pip install 'tintype[ray]'") from error
    make_colors = partial(Colorizer, model, device, size)
    return partial(run_on_ray, address=address, make_colors=make_colors, workers=workers, tell=tell)


def run_on_ray(
    ledger: Ledger,
    run: int,
    job: Job,
    address: str | None,
    make_colors: Callable[[int], Colorizer],
    workers: int | None,
    tell: Callable[[Outcome], None],
) -> None:
    """Work on every due item with a pool of actors, each of which loads the network once; one per GPU where there are GPUs.

    An item's error is a row like any other. A machine that dies costs nothing: its items go to another, which finds the receipts
    of what was finished already. Raises ArchiveError where the cluster cannot be reached or is lost.
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
                tell(outcome)
    except (RayError, ConnectionError) as error:
        reason = str(error).strip().splitlines()[-1:]
        raise ArchiveError(f"the cluster was lost ({''.join(reason)}); run the same command again for the rest") from error
    finally:
        with ledger.write() as db:
            db.execute("UPDATE items SET state = 'due' WHERE state = 'running'")
        if started:
            ray.shutdown()


def _connect(address: str | None) -> bool:
    """Join the cluster; returns whether this process now holds a connection of its own. Raises ArchiveError."""
    import ray

    if ray.is_initialized():
        return False
    try:
        if found := HOST_AND_PORT.fullmatch(address or ""):  # Ray itself would try for minutes
            socket.create_connection((found["host"], int(found["port"])), timeout=PATIENCE).close()
        ray.init(
            address=address, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False if address is None else None
        )
    except Exception as error:  # ConnectionError, RuntimeError, ValueError and others of Ray's
        raise ArchiveError(
            f"the Ray cluster at {address or 'this machine'} cannot be reached ({error}); nothing was changed"
        ) from error
    return True


def _rounds(ledger: Ledger) -> Iterator[list[Item]]:
    some: list[Item] = []
    for item in ledger.items("due"):
        some.append(item)
        if len(some) == ROUND:
            yield some
            some = []
    if some:
        yield some


def _outcomes(
    items: list[Item], ledger: Ledger, job: Job, make_colors: Callable[[int], Colorizer], workers: int | None
) -> Iterator[Outcome]:
    """The rows of the actors as they come, in any order."""
    import ray

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    rows = [
        {"item": json.dumps(asdict(item)), "before": json.dumps([asdict(o) for o in ledger.outputs(item.name)])} for item in items
    ]
    resources = ray.cluster_resources()
    gpus = int(resources.get("GPU", 0))
    blocks = -(-len(rows) // BATCH)
    pool = min(blocks, workers or gpus or max(1, int(resources.get("CPU", 1)) - 1))
    dataset = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(
        Actor,
        fn_constructor_args=(job, make_colors),
        batch_size=BATCH,
        batch_format="numpy",
        zero_copy_batch=True,
        concurrency=pool,
        num_cpus=None if gpus else 1,
        num_gpus=1 if gpus else None,
    )
    for row in dataset.iter_rows():
        yield _outcome_from(row["outcome"])


class Actor:
    """Holds the network of one worker process and colors batches of items."""

    def __init__(self, job: Job, make_colors: Callable[[int], Colorizer]) -> None:
        import cv2

        cv2.setNumThreads(1)  # the other cores have actors of their own
        scratch = job.scratch if isinstance(job.target, Folder) else Path(tempfile.mkdtemp(prefix="tintype-"))
        self.job = replace(job, scratch=scratch)
        self.worker = Worker(self.job, make_colors(1))

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Rows of items in, rows of outcomes out."""
        pairs = zip(batch["item"], batch["before"], strict=True)
        return {"outcome": [json.dumps(asdict(self._one(Item(**json.loads(item)), before))) for item, before in pairs]}

    def _one(self, item: Item, before: str) -> Outcome:
        finished = receipt(self.job, item)
        if finished is not None:
            return finished
        outputs = tuple(Output(**output) for output in json.loads(before))
        try:
            return self.worker(item, outputs, partial(self._promise, outputs))
        except ArchiveError as error:
            return Outcome(item.name, "failed", kind="stop", error=str(error))

    def _promise(self, before: tuple[Output, ...], outcome: Outcome) -> tuple[Output, ...]:
        """Leave a receipt, so that whoever gets the item again finds it done."""
        text = json.dumps({"fingerprint": self.job.settings.fingerprint, "outcome": asdict(outcome)})
        made = self.job.scratch / f"receipt-{receipt_name(outcome.name)}"
        made.write_text(text, "utf-8")
        self.job.target.put(made, f"{RECEIPTS}/{receipt_name(outcome.name)}")
        names = {output.name for output in outcome.outputs}
        return tuple(output for output in before if output.name not in names)


def receipt_name(name: str) -> str:
    """The receipt of an item."""
    return hashlib.sha256(name.encode()).hexdigest()[:32] + ".json"


def receipt(job: Job, item: Item) -> Outcome | None:
    """What a receipt says, if it is about these settings and this source and all outputs are in place; else None."""
    try:
        told = json.loads(job.target.read(f"{RECEIPTS}/{receipt_name(item.name)}"))
        outcome = _outcome_from(json.dumps(told["outcome"]))
        if told["fingerprint"] != job.settings.fingerprint or job.source.sha256(item.name) != outcome.source_hash:
            return None
        in_place = all(job.target.sha256(output.name) == output.hash for output in outcome.outputs)
    except (OSError, ValueError, KeyError):
        return None
    return outcome if in_place else None


def _keep(ledger: Ledger, job: Job, outcome: Outcome) -> None:
    """Enter an outcome into the ledger; after that its receipt is not needed."""
    fingerprint = job.settings.fingerprint
    if outcome.state == "done" and not outcome.unchanged:
        ledger.promise(outcome, fingerprint)
    ledger.finish(outcome, fingerprint)
    job.target.delete(f"{RECEIPTS}/{receipt_name(outcome.name)}")


def _outcome_from(text: str) -> Outcome:
    told = json.loads(text)
    outputs = tuple(Output(**output) for output in told.pop("outputs"))
    return Outcome(**{**told, "outputs": outputs, "notes": tuple(told["notes"])})
