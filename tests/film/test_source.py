"""Frames that are read from films."""

from tests.film.conftest import scene

from tintype.film.source import FilmSource


def test_frames_after_damaged_ones_are_read(make_film):
    frames = [scene(0, shift) for shift in range(10)]
    path = make_film(frames, "film.avi", codec="mjpeg", pix_fmt="yuvj420p", sound=None)
    whole = path.read_bytes()
    starts = [at for at in range(len(whole)) if whole.startswith(b"\xff\xd8\xff", at)]
    assert len(starts) == 10
    for number in (3, 6):
        end = starts[number + 1] - 8
        size = end - starts[number]
        whole = whole[: starts[number]] + bytes(size) + whole[end:]
    path.write_bytes(whole)
    source = FilmSource(path)
    assert len(list(source.frames())) == 8
    assert source.faults.lost == 2
    assert not source.faults.truncated
