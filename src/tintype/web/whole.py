"""Whole files in color, as every face of Tintype colors them."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, repeat

from tintype.engine import Colorizer
from tintype.errors import UsageError
from tintype.guidance import Guidance
from tintype.jobs import ColoredPage, Policy, color_file
from tintype.jobs.policy import guidance_by_page
from tintype.notices import Notice
from tintype.photo import Photo, is_film
from tintype.photo.isolated import isolated
from tintype.web.bodies import check_header, check_pictures
from tintype.web.coloring import Coloring
from tintype.web.films import clip_of_shot, color_job
from tintype.web.forms import PagesForm
from tintype.web.jobs import Job
from tintype.web.limits import Limits
from tintype.web.opened import OpenFile
from tintype.web.problems import NoClipError, NoPageError

WrittenPage = tuple[int, Guidance, str]
"""A page's number, its guidance and its network."""


@dataclass(frozen=True)
class FileRequest:
    """How a file is to be colored. guidance, networks: of its pages in order; later pages take the
    last guidance, without what belongs to places, and the last network. format: by default the
    file's own. left_out: pages that are not written."""

    guidance: tuple[Guidance, ...]
    networks: tuple[str, ...]
    recolor: bool = False
    format: str | None = None
    left_out: frozenset[int] = frozenset()

    @classmethod
    def of(
        cls, body: Guidance | PagesForm, model: str, recolor: bool, format: str | None
    ) -> "FileRequest":
        """What a request asks for. model: of pages that name no network."""
        if isinstance(body, Guidance):
            return cls((body,), (model,), recolor, format)
        networks = tuple(page.model or model for page in body.pages)
        guidance = tuple(page.plain() for page in body.pages)
        left_out = frozenset(number for number, page in enumerate(body.pages) if page.left_out)
        return cls(guidance, networks, recolor, format, left_out)

    def written(self, pages: int, all_stay: bool) -> list[WrittenPage]:
        """The pages that are written, of a file of as many. all_stay: those that are left out stay
        gray. Raises NoPageError if there is none."""
        networks = chain(self.networks, repeat(self.networks[-1]))
        ordered = zip(range(max(1, pages)), guidance_by_page(self.guidance), networks, strict=False)
        if all_stay:
            return [
                (page, replace(guidance, saturation=0) if page in self.left_out else guidance, name)
                for page, guidance, name in ordered
            ]
        kept = [each for each in ordered if each[0] not in self.left_out]
        if not kept:
            raise NoPageError("every page of the file is left out")
        return kept


@dataclass(frozen=True)
class WholeFile:
    """A picture file in color. source: the format of the file that it was made from."""

    data: bytes
    notices: tuple[Notice, ...]
    source: str


class PreparedColorizer(Colorizer):
    """The colorizer of one page of an open file, which may be prepared already."""

    def __init__(self, coloring: Coloring, opened: OpenFile, page: int, network: str) -> None:
        plain = coloring.networks.colorizer(network)
        self.name, self.network, self.sizes = plain.name, plain.network, plain.sizes
        self._prepare = partial(coloring.prepare, opened, page, network)

    def colorize_photo(self, photo: Photo, guidance: Guidance | None = None) -> Photo:
        """As of `Colorizer`. photo: the page, or what is colored instead."""
        return self.color(self._prepare(photo), guidance)


def color_whole(
    coloring: Coloring,
    limits: Limits,
    data: bytes,
    request: FileRequest,
    progress: Callable[[float], None],
    opened: OpenFile | None = None,
) -> WholeFile:
    """A picture file in color, every page of it: full size, its own or another format, depth and
    metadata.

    progress: is called with a share, 0 to 1; what it raises ends the work. opened: the same file,
    some of whose pages may be prepared already. Raises PhotoError, UsageError and NoNetworkError.
    """
    if is_film(data):
        raise UsageError("a film is colored by a job")
    for guidance in request.guidance:
        check_pictures(guidance)
    done = 0
    with isolated(data) as file:
        is_pdf = file.header.format == "PDF"
        check_header(file.header, limits)
        written = request.written(file.header.pages, is_pdf)
        if opened is None:
            colorizers = [coloring.networks.colorizer(network) for *_, network in written]
            photos = file.pages() if is_pdf else (file.read(page) for page, *_ in written)
        else:
            colorizers = [
                PreparedColorizer(coloring, opened, page, network) for page, _, network in written
            ]
            photos = (coloring.photo(opened, page, file) for page, *_ in written)

        def watch(_: ColoredPage) -> None:
            nonlocal done
            done += 1
            progress(done / (len(written) + 1))

        target = io.BytesIO()
        result = color_file(
            data,
            target,
            [guidance for _, guidance, _ in written],
            Policy(recolor=request.recolor, format=request.format),
            colorizers,
            photos=photos,
            pages=len(written),
            pdf=file,
            watch=watch,
        )
        return WholeFile(target.getvalue(), result.notices, file.header.format)


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
        whole = color_whole(coloring, limits, job.source.read_bytes(), request, job.progress)
        job.form.notices[:] = whole.notices
        job.result.write_bytes(whole.data)
        return
    if request.left_out:
        raise UsageError("a film keeps all its shots; a shot of saturation 0 stays gray")
    base = Guidance() if times else request.guidance[0]
    colorizer = coloring.networks.loader(network_of_film(request))
    color_job(job, name, colorizer, timed_by(request, times), base, limits, request.recolor)


def color_clip_of(
    coloring: Coloring,
    limits: Limits,
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
        coloring.networks.loader(network_of_film(request)),
        timed_by(request, [shot.time for shot in opened.shots]),
        request.recolor,
        limits,
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
