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
    """Bytes of all bodies that are being received at one time, and of all answers that are being
    sent."""
    header_seconds: float = 10
    idle_seconds: float = 15
    """The longest pause within a body or within the reading of an answer."""
    bytes_per_second: int = 32 * 1024
    """The slowest rate of a body or of the reading of an answer, measured every
    `idle_seconds`."""
    work_seconds: float = 120
    """The longest wait for an answer, in the queue and at work together."""
    still_seconds: float = 90
    """The service is not ready where no work began or ended for so long, all workers busy: longer
    than a decoder may take for a picture of the largest size."""
    jobs: int = 2 * MAX_BATCH_FILES
    """Jobs that wait or run; half of them of one client."""
    job_bytes: int = 4096 * MEGABYTE
    """Of the uploads and results of all jobs together, on disk; half of them of one client."""
    job_seconds: float = 3600
    """How long a finished job is kept."""
    shelf: int = 128 * MEGABYTE
    """Memory for the photographs that pages have open and for all that is made of them; the least
    recently used goes first."""
