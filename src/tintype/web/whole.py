"""Whole files in color, as every face of Tintype colors them."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice, repeat

from tintype.engine import Colorizer
from tintype.errors import UsageError
from tintype.guidance import Guidance
from tintype.jobs import ColoredPage, Policy, color_file
from tintype.notices import Notice
from tintype.photo import Photo
from tintype.photo.isolated import isolated
from tintype.web.bodies import check_pictures, count_pages
from tintype.web.coloring import Coloring
from tintype.web.films import clip_of_shot, color_job, is_film
from tintype.web.forms import PagesForm
from tintype.web.jobs import Job
from tintype.web.limits import Limits
from tintype.web.opened import OpenFile
from tintype.web.problems import NoClipError


@dataclass(frozen=True)
class FileRequest:
    """How a file is to be colored. guidance, networks: of its pages in order; later pages take the
    last guidance, without what belongs to places, and the last network. format: by default the
    file's own."""

    guidance: tuple[Guidance, ...]
    networks: tuple[str, ...]
    recolor: bool = False
    format: str | None = None

    @classmethod
    def of(
        cls, body: Guidance | PagesForm, model: str, recolor: bool, format: str | None
    ) -> "FileRequest":
        """What a request asks for. model: of pages that name no network."""
        if isinstance(body, Guidance):
            return cls((body,), (model,), recolor, format)
        networks = tuple(page.model or model for page in body.pages)
        return cls(tuple(page.plain() for page in body.pages), networks, recolor, format)


class PreparedColorizer(Colorizer):
    """The colorizer of one page of an open file, which may be prepared already."""

    def __init__(self, coloring: Coloring, opened: OpenFile, page: int, network: str) -> None:
        plain = coloring.networks.colorizer(network)
        self.name, self.network, self.sizes = plain.name, plain.network, plain.sizes
        self._prepare = partial(coloring.prepare, opened, page, network)

    def colorize_photo(self, photo: Photo, guidance: Guidance | None = None) -> Photo:
        """As of `Colorizer`. photo: the page."""
        return self.color(self._prepare(), guidance)


def color_whole(
    coloring: Coloring,
    limits: Limits,
    data: bytes,
    request: FileRequest,
    progress: Callable[[float], None],
    opened: OpenFile | None = None,
) -> tuple[bytes, tuple[Notice, ...]]:
    """A picture file in color, every page of it: full size, its own or another format, depth and
    metadata; and what is said about it.

    progress: is called with a share, 0 to 1; what it raises ends the work. opened: the same file,
    some of whose pages may be prepared already. Raises PhotoError, UsageError and NoNetworkError.
    """
    if is_film(data):
        raise UsageError("a film is colored by a job")
    for guidance in request.guidance:
        check_pictures(guidance)
    names = request.networks
    colorizers = [coloring.networks.colorizer(name) for name in names]
    done = 0
    with isolated(data) as file:
        pages, photos = count_pages(file.header, limits), file.pages()
        if opened is not None:
            networks = islice(chain(names, repeat(names[-1])), pages)
            colorizers = [
                PreparedColorizer(coloring, opened, page, name)
                for page, name in enumerate(networks)
            ]
            photos = (coloring.photo(opened, page) for page in range(pages))

        def watch(_: ColoredPage) -> None:
            nonlocal done
            done += 1
            progress(done / (pages + 1))

        target = io.BytesIO()
        policy = Policy(recolor=request.recolor, format=request.format)
        result = color_file(
            data,
            target,
            request.guidance,
            policy,
            colorizers,
            photos=photos,
            pdf=file,
            watch=watch,
        )
    return target.getvalue(), result.notices


def color_of_job(
    coloring: Coloring,
    limits: Limits,
    job: Job,
    name: str,
    request: FileRequest,
    times: Sequence[float],
) -> None:
    """Color the file of a job. times: of the shots that the guidance belongs to; none: the first
    guidance is for the whole film.

    Raises UsageError for a film whose shots name another network than the job's.
    """
    if not job.is_film:
        data, job.form.notices[:] = color_whole(
            coloring, limits, job.source.read_bytes(), request, job.progress
        )
        job.result.write_bytes(data)
        return
    base = Guidance() if times else request.guidance[0]
    colorizer = coloring.networks.colorizer(network_of_film(request))
    color_job(job, name, colorizer, timed_by(request, times), base, limits, request.recolor)


def color_clip_of(
    coloring: Coloring,
    opened: OpenFile,
    page: int,
    seconds: float,
    request: FileRequest,
    progress: Callable[[], None],
) -> bytes:
    """Some seconds of the shot of an open film that `page` shows, in color, as MP4. request:
    guidance of each shot. Raises NoClipError, NoPageError and FilmError."""
    opened.check_page(page)
    if opened.shots is None:
        raise NoClipError(f"{opened.name} is a photograph; only films have clips")
    return clip_of_shot(
        opened.data,
        coloring.files.folder,
        opened.shots[page],
        seconds,
        coloring.networks.colorizer(network_of_film(request)),
        timed_by(request, [shot.time for shot in opened.shots]),
        request.recolor,
        progress,
    )


def network_of_film(request: FileRequest) -> str:
    """The one network of all shots. Raises UsageError if there are several."""
    network, *others = dict.fromkeys(request.networks)
    if others:
        raise UsageError(
            f"one network colors the whole film, here {network!r}; a shot cannot have another"
        )
    return network


def timed_by(request: FileRequest, times: Sequence[float]) -> list[tuple[float, Guidance]]:
    """The guidance of each shot at its time, without empty ones."""
    return [pair for pair in zip(times, request.guidance, strict=False) if pair[1] != Guidance()]
