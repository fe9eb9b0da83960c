"""What one client may ask of the service: budgets for bytes, pixels, hints and time."""

from dataclasses import dataclass

MEGABYTE = 2**20
MAX_BATCH_FILES = 16
"""Of one request."""
MAX_TILE_SIDE = 2048
"""The longest side of a part at full size, pixels."""


@dataclass(frozen=True)
class Limits:
    """upload: bytes of one file. pixels: of one decoded picture, masks and references included.
    workers: pictures that are decoded or colored at the same time. waiting: requests that may wait
    for a worker; the next one gets 429.
    """

    upload: int = 300 * MEGABYTE
    pixels: int = 200_000_000
    workers: int = 2
    waiting: int = 64
    json: int = 16 * MEGABYTE
    """Bytes of a JSON body or of the JSON part of a form."""
    pages: int = 200
    at_once: int = 600 * MEGABYTE
    """Bytes of all bodies that are being received at one time."""
    header_seconds: float = 10
    idle_seconds: float = 15
    """The longest pause within a body."""
    bytes_per_second: int = 32 * 1024
    """The slowest average rate of a body, measured after `idle_seconds`."""
    work_seconds: float = 120
    """The longest wait for an answer, in the queue and at work together."""
    jobs: int = 16
    """Jobs that wait or run."""
    job_bytes: int = 2048 * MEGABYTE
    """Of the uploads and results of all jobs together, on disk."""
    job_seconds: float = 3600
    """How long a finished job is kept."""
    shelf: int = 384 * MEGABYTE
    """Memory for the photographs that pages have open and for all that is made of them; the least
    recently used goes first."""
