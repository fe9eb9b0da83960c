"""Films of every container that the command reads are films for the service."""

from fractions import Fraction
from types import SimpleNamespace

import pytest

from tintype.engine import Colorizer
from tintype.guidance import Guidance
from tintype.web.desk import Ticket
from tintype.web.films import color_job, is_film, result_suffix
from tintype.web.limits import Limits

av = pytest.importorskip("av")
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


def small_film(path, codec):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for n in range(6):
            frame = av.VideoFrame(96, 64, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([128]) * plane.buffer_size)
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


@pytest.mark.parametrize(("name", "suffix"), [("a.avi", ".mp4"), ("a.MOV", ".mov"), ("a", ".mp4")])
def test_a_job_makes_a_film_that_browsers_play(tmp_path, warm_network, name, suffix):
    assert result_suffix(name) == suffix
    small_film(tmp_path / "in.avi", "mpeg4")
    job = SimpleNamespace(
        source=tmp_path / "in.avi",
        result=tmp_path / "result",
        form=SimpleNamespace(progress=0),
        ticket=Ticket(),
    )
    color_job(job, name, Colorizer(warm_network), [], Guidance(), Limits())
    with av.open(str(job.result)) as film:
        assert film.format.name.startswith("mov") and len(list(film.decode(video=0))) == 6
        assert film.streams.video[0].codec_context.name == "h264"
    assert job.form.progress == pytest.approx(0.99)
