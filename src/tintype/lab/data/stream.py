"""Training photographs of any number, read and decoded while training: shards shared out among
processes, shuffled."""

import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np

from tintype.errors import DataError
from tintype.lab.data.label_maps import Labels
from tintype.lab.data.photographs import Crops, Cuts, cut, labeled
from tintype.lab.data.samples import Encoded, Sample, decode, find_sources, read_samples
from tintype.lab.data.settings import Data
from tintype.threads import put_until

SHUFFLE_BUFFER = 1024
"""Samples that wait, encoded, to be drawn at random: neighbors in a shard do not stay neighbors in
a batch."""
MAX_DECODED = 256
"""Decoded samples that wait for the network."""


class PhotoStream:
    """Endless samples from shards and folders, in an order that seed, rank and world fix.

    Of W processes, each reads every W-th shard (of a single source, every W-th sample), so that
    none is read twice.
    passed: samples that were drawn in an earlier part of the run, and are skipped without being
    decoded.
    skipped: the keys of what could not be read, with the reason. labels: label maps beside those
    that lie with the photographs.
    """

    def __init__(
        self,
        paths: Iterable[str | Path],
        data: Data,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        passed: int = 0,
        labels: Labels | None = None,
    ) -> None:
        self.data, self.seed, self.labels = data, seed, labels
        sources = find_sources(paths)
        self.by_shard = len(sources) >= world
        self.sources = sources[rank::world] if self.by_shard else sources
        self.rank, self.world = rank, world
        self.skipped: dict[str, str] = {}
        self._decoded: queue.Queue[Sample | BaseException] = queue.Queue(MAX_DECODED)
        self._closed = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(passed,), daemon=True)
        self._reader.start()

    def draw(
        self,
        rng: np.random.Generator,
        n: int,
        size: int,
        scale: tuple[float, float],
        share: slice,
        of: float = 1.0,
    ) -> Crops:
        """As `PhotoStore.draw`; n is over all processes. Raises DataError if there is nothing to
        read."""
        if of < 1:
            raise DataError(
                "a stage that draws from a share of the photographs needs data.loader=memory"
            )
        samples = []
        for _ in range(len(range(n)[share])):
            sample = self._decoded.get()
            if isinstance(sample, BaseException):
                raise sample
            samples.append(sample)
        shapes = np.array([sample.pixels.shape[:2] for sample in samples])
        return cut(samples, Cuts.draw(shapes, scale, rng), size)

    def close(self) -> None:
        """Stop reading."""
        self._closed.set()
        while not self._decoded.empty():
            self._decoded.get_nowait()
        self._reader.join()

    def _read(self, passed: int) -> None:
        try:
            with ThreadPoolExecutor() as pool:
                order = islice(self.encoded(), passed, None)
                while not self._closed.is_set():
                    for sample in pool.map(self._decode, list(islice(order, 32))):
                        if sample is not None:
                            self._put(sample)
        except Exception as error:  # handed to the thread that draws
            self._put(error)

    def _put(self, sample: Sample | BaseException) -> None:
        put_until(self._decoded, sample, self._closed.is_set)

    def _decode(self, encoded: Encoded) -> Sample | None:
        try:
            photograph = labeled(encoded, self.labels)
            return decode(photograph, self.data.short_side, self.data.pairs)
        except ValueError as error:
            self.skipped[encoded.key] = str(error)
            return None

    def encoded(self) -> Iterator[Encoded]:
        """This process's samples without end: each epoch the shards in another order, drawn from a
        buffer that shuffles."""
        rng = np.random.default_rng([self.seed, self.rank])
        most = max([1.0, *self.data.oversample.values()])
        waiting: list[Encoded] = []
        while True:
            read = 0
            for i in rng.permutation(len(self.sources)):
                for n, sample in enumerate(read_samples(self.sources[i], self.data.pairs)):
                    if not self.by_shard and n % self.world != self.rank:
                        continue
                    factor = self.data.factor(sample.key)
                    read += factor > 0
                    if rng.random() >= factor / most:
                        continue
                    waiting.append(sample)
                    if len(waiting) >= SHUFFLE_BUFFER:
                        yield _take(waiting, rng)
            if read == 0:
                raise DataError(f"no {self.data.contents} in {', '.join(map(str, self.sources))}")
            if len(self.skipped) >= read:
                raise DataError(
                    f"no readable {self.data.contents} in {', '.join(map(str, self.sources))}"
                )
            while waiting:
                yield _take(waiting, rng)


def _take(waiting: list[Encoded], rng: np.random.Generator) -> Encoded:
    i = int(rng.integers(len(waiting)))
    waiting[i], waiting[-1] = waiting[-1], waiting[i]
    return waiting.pop()
