"""Films of every container that the command reads are films for the service."""

import io
import os
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from skimage import data as pictures

from tintype.engine import Colorizer
from tintype.errors import DecoderError, TooLargeError
from tintype.guidance import Guidance
from tintype.photo import is_film
from tintype.web.films import color_job, find_shots, result_suffix
from tintype.web.forms import JobForm
from tintype.web.jobs import Job
from tintype.web.limits import Limits
from tintype.web.problems import GoneError

av = pytest.importorskip("av")
V1 = "/api/v1"
FORMATS = {
    "film.mp4": "libx264",
    "film.mov": "libx264",
    "film.mkv": "libx264",
    "film.webm": "libvpx",
    "film.avi": "mpeg4",
    "film.mpg": "mpeg2video",
    "film.vob": "mpeg2video",
    "film.ts": "mpeg2video",
    "film.m2ts": "libx264",
    "film.wmv": "wmv2",
    "film.flv": "flv1",
    "film.ogv": "libtheora",
    "film.m2v": "mpeg2video",
    "film.mxf": "mpeg2video",
}


def small_film(path, codec, gray=None):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for n in range(6):
            frame = av.VideoFrame(96, 64, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([128]) * plane.buffer_size)
            if gray is not None:
                frame = av.VideoFrame.from_ndarray(gray, "gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = n, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


@pytest.mark.parametrize(("name", "codec"), FORMATS.items())
def test_a_film_is_known_by_its_first_bytes(tmp_path, name, codec):
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg writes no {codec}")
    assert is_film(small_film(tmp_path / name, codec))


def test_pictures_are_no_films(photo_folder):
    assert not any(is_film(path.read_bytes()) for path in photo_folder.iterdir())
    assert not is_film(b"\0\0\0\x20ftypheic") and not is_film(b"") and not is_film(b"G")


def job_of(source):
    form = JobForm(id="1", name="film", status="running", progress=0)
    result = source.parent / "result"
    return Job("1", "client", source, result, "video/mp4", "film", form)


@pytest.mark.parametrize(("name", "suffix"), [("a.avi", ".mp4"), ("a.MOV", ".mov"), ("a", ".mp4")])
def test_a_job_makes_a_film_that_browsers_play(tmp_path, warm_network, name, suffix):
    assert result_suffix(name) == suffix
    small_film(tmp_path / "in.avi", "mpeg4")
    job = job_of(tmp_path / "in.avi")
    color_job(job, name, partial(Colorizer, warm_network), [], Guidance(), Limits())
    with av.open(str(job.result)) as film:
        assert film.format.name.startswith("mov") and len(list(film.decode(video=0))) == 6
        assert film.streams.video[0].codec_context.name == "h264"
    assert job.form.progress == pytest.approx(0.99)


def crashing_network():
    os.abort()


def test_a_film_that_crashes_its_decoder_costs_a_sentence(tmp_path):
    small_film(tmp_path / "in.avi", "mpeg4")
    with pytest.raises(DecoderError, match=r"a\.avi makes its decoder crash \(SIGABRT\)"):
        color_job(job_of(tmp_path / "in.avi"), "a.avi", crashing_network, [], Guidance(), Limits())


def test_a_job_that_nobody_waits_for_ends(tmp_path, warm_network):
    small_film(tmp_path / "in.avi", "mpeg4")
    job = job_of(tmp_path / "in.avi")
    job.ticket.void()
    with pytest.raises(GoneError):
        color_job(job, "a.avi", partial(Colorizer, warm_network), [], Guidance(), Limits())
    assert not list(tmp_path.iterdir())


def test_frames_that_are_too_large_are_refused(tmp_path):
    data = small_film(tmp_path / "in.avi", "mpeg4")
    with pytest.raises(TooLargeError, match="a frame of the film"):
        find_shots(data, tmp_path, replace(Limits(), pixels=96 * 64 - 1), lambda: None)


def test_a_clip_shows_a_shot_with_its_guidance(service, tmp_path):
    gray = np.ascontiguousarray(pictures.coffee()[:384:6, :576:6, 1])
    data = small_film(tmp_path / "in.mp4", "libx264", gray)
    opened = service.post(f"{V1}/photos", params={"name": "in.mp4"}, content=data).json()

    def clip(guidance, **query):
        return service.post(
            f"{V1}/photos/{opened['id']}/clip", params=query, json={"pages": [guidance]}
        )

    def strengths(data):
        with av.open(io.BytesIO(data)) as film:
            stream = film.streams.video[0]
            assert stream.codec_context.name == "h264" and stream.average_rate == 25
            frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
        return [np.ptp(frame.astype(int), -1).mean() for frame in frames]

    plain, gray = strengths(clip({}).content), strengths(clip({"saturation": 0}).content)
    assert len(plain) == len(gray) == 6
    assert max(gray) < 3 < min(plain)
    assert len(strengths(clip({}, seconds=0.12).content)) == 3
    assert clip({}).headers["content-type"] == "video/mp4"
    assert clip({}, page=1).status_code == 404


def test_a_photograph_has_no_clip(service, photo_folder):
    data = next(photo_folder.glob("*.jpg")).read_bytes()
    opened = service.post(f"{V1}/photos", params={"name": "a.jpg"}, content=data).json()
    answer = service.post(f"{V1}/photos/{opened['id']}/clip", json={"pages": [{}]})
    assert answer.status_code == 404 and answer.json()["code"] == "no-clip"
    assert "only films have clips" in answer.json()["detail"]
