"""What archives hold: scans in PDF files, album pages, large TIFF files of every layout."""

import io

import numpy as np
import pytest
import skimage.data
import tifffile
from PIL import Image

from tintype.photo import count_pages, read_photo
from tintype.photo.isolated import IsolatedFile


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "scans").mkdir(exist_ok=True)
    return tmp_path / "scans"


def test_the_pictures_in_a_pdf_are_colored_and_its_text_stays(folder, tmp_path, color):
    pikepdf = pytest.importorskip("pikepdf")
    from tests.pdfs import document, jpeg

    pdf = pikepdf.new()
    (folder / "letters.pdf").write_bytes(document([jpeg(pdf)], [], pdf=pdf))
    assert color(folder, tmp_path / "out") == {"done": 1}
    assert sorted(path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".md") == [
        ".tintype",
        "letters.pdf",
    ]
    pixels = read_photo(tmp_path / "out" / "letters.pdf").pixels
    assert pixels[..., 0].mean() > pixels[..., 2].mean() + 5
    with pikepdf.open(tmp_path / "out" / "letters.pdf") as after:
        assert b"Harvest" in after.pages[1].Contents.read_bytes()
    made = (tmp_path / "out" / "letters.pdf").stat()
    assert color(folder, tmp_path / "out") == {"done": 1}
    assert (tmp_path / "out" / "letters.pdf").stat() == made


def test_a_pdf_without_pictures_is_copied_and_the_report_says_so(folder, tmp_path, color):
    pikepdf = pytest.importorskip("pikepdf")
    from tests.pdfs import document

    content = document([], pdf=pikepdf.new())
    (folder / "letters.pdf").write_bytes(content)
    assert color(folder, tmp_path / "out", report=tmp_path / "report.html") == {"done": 1}
    assert (tmp_path / "out" / "letters.pdf").read_bytes() == content
    assert "it holds no pictures" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("options", [{"format": "jpg"}, {"split": True}], ids=["jpg", "split"])
def test_the_pictures_in_a_pdf_become_files_when_asked(folder, tmp_path, color, options):
    pytest.importorskip("pikepdf")
    scan = Image.fromarray(skimage.data.camera()).resize((60, 40))
    scan.save(folder / "letters.pdf", save_all=True, append_images=[scan.rotate(180)])
    color(folder, tmp_path / "out", **options)
    ending = options.get("format", "png")
    assert sorted(path.name for path in (tmp_path / "out").glob("l*")) == [
        f"letters.1.{ending}",
        f"letters.2.{ending}",
    ]


@pytest.mark.parametrize("content", [b"%PDF-1.7 and nothing more", b"%PDF-"])
def test_a_damaged_pdf_is_quarantined(folder, tmp_path, color, content):
    pytest.importorskip("pikepdf")
    (folder / "letters.pdf").write_bytes(content)
    assert color(folder, tmp_path / "out") == {"quarantined": 1}
    assert "letters.pdf" in (tmp_path / "out" / "quarantine.csv").read_text()


def test_an_album_page_is_split_apart(album_page, folder, tmp_path, color):
    color(folder, tmp_path / "out", split=True)
    shapes = {
        path.name: read_photo(path).pixels.shape[:2] for path in (tmp_path / "out").glob("*.png")
    }
    assert set(shapes) == {"page.1.png", "page.2.png"}
    assert shapes["page.1.png"] == pytest.approx((200, 250), abs=5)
    assert shapes["page.2.png"] == pytest.approx((200, 200), abs=5)


def test_what_no_photograph_holds_is_not_lost_by_splitting(album_page, folder, tmp_path, color):
    page = album_page.copy()
    page[300:420, 60:260] = 245 - (np.indices((120, 200)).sum(0) < 150) * 120
    Image.fromarray(page).save(folder / "page.png")
    color(folder, tmp_path / "out", split=True, report=tmp_path / "report.html")
    assert [path.name for path in sorted((tmp_path / "out").glob("*.png"))] == [
        "page.1.png",
        "page.2.png",
        "page.3.png",
    ]
    assert read_photo(tmp_path / "out" / "page.3.png").pixels.shape == (500, 700, 3)
    assert "lies in none of its photographs" in (tmp_path / "report.html").read_text()


def test_photographs_are_put_back_on_the_page_and_its_paper_stays_white(
    album_page, folder, tmp_path, color
):
    color(folder, tmp_path / "out")
    page = read_photo(tmp_path / "out" / "page.png").pixels.astype(int)
    chroma = page.max(-1) - page.min(-1)
    assert page.shape == (500, 700, 3)
    assert chroma[:40].max() == 0
    assert chroma[:, 320:380].max() <= 4
    assert np.median(chroma[80:240, 70:280]) > 10
    assert np.median(chroma[270:430, 420:580]) > 10


def test_a_photograph_that_is_not_found_is_colored_with_its_page(
    album_page, folder, tmp_path, color
):
    page = album_page.copy()
    page[300:420, 60:260] = (
        245 - (np.indices((120, 200)).sum(0) < 150) * 120
    )  # a triangle: no photograph's outline
    Image.fromarray(page).save(folder / "page.png")
    color(folder, tmp_path / "out")
    colored = read_photo(tmp_path / "out" / "page.png").pixels.astype(int)
    chroma = colored.max(-1) - colored.min(-1)
    assert chroma[310:340, 70:100].min() > 10
    assert chroma[:40].max() == 0


def test_a_page_without_photographs_is_colored_as_one_and_the_report_says_so(
    folder, tmp_path, color
):
    Image.fromarray(skimage.data.camera()).resize((80, 80)).save(folder / "one.png")
    color(folder, tmp_path / "out", split=True, report=tmp_path / "report.html")
    assert read_photo(tmp_path / "out" / "one.png").pixels.shape == (80, 80, 3)
    assert "no photographs were found on this page" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    "layout",
    [
        {"bigtiff": True},
        {"tile": (16, 16)},
        {"compression": "jpeg"},
        {"compression": "lzw"},
        {"rowsperstrip": 3},
    ],
    ids=["BigTIFF", "tiled", "JPEG in TIFF", "LZW", "strips"],
)
def test_tiff_files_of_every_layout_are_colored(folder, tmp_path, color, layout):
    pixels = np.asarray(Image.fromarray(skimage.data.camera()).resize((64, 64)))
    with tifffile.TiffWriter(folder / "scan.tif", bigtiff=layout.get("bigtiff", False)) as file:
        options = {name: value for name, value in layout.items() if name != "bigtiff"}
        for _ in range(2):
            file.write(pixels, photometric="minisblack", **options)
    assert color(folder, tmp_path / "out") == {"done": 1}
    assert count_pages(tmp_path / "out" / "scan.tif") == 2


def test_deep_jpeg_2000_keeps_its_depth(folder, tmp_path, color):
    imagecodecs = pytest.importorskip("imagecodecs")
    ramp = np.tile(np.linspace(1000, 64000, 64).astype(np.uint16), (64, 1))
    (folder / "scan.jp2").write_bytes(imagecodecs.jpeg2k_encode(ramp, level=0, reversible=True))
    assert color(folder, tmp_path / "out") == {"done": 1}
    assert read_photo(tmp_path / "out" / "scan.jp2").pixels.dtype == np.uint16


def test_only_one_page_of_many_is_in_memory(folder, tmp_path, color, monkeypatch):
    pixels = np.asarray(Image.fromarray(skimage.data.camera()).resize((64, 64)))
    tifffile.imwrite(folder / "scan.tif", np.stack([pixels] * 10), photometric="minisblack")
    loaded, alive = IsolatedFile.read, []

    def counted(*arguments):
        import weakref

        photo = loaded(*arguments)
        alive[:] = [reference for reference in alive if reference() is not None]
        alive.append(weakref.ref(photo))
        assert len(alive) <= 3
        return photo

    monkeypatch.setattr(IsolatedFile, "read", counted)
    assert color(folder, tmp_path / "out") == {"done": 1}


def test_outputs_are_signed_with_content_credentials(folder, tmp_path, color):
    c2pa = pytest.importorskip("c2pa")
    certificate, key = certificate_chain(tmp_path)
    Image.fromarray(skimage.data.camera()).resize((80, 80)).save(folder / "one.jpg")
    assert color(folder, tmp_path / "out", sign=(certificate, key)) == {"done": 1}
    data = (tmp_path / "out" / "one.jpg").read_bytes()
    result = c2pa.Reader("image/jpeg", io.BytesIO(data)).json()
    assert "compositeWithTrainedAlgorithmicMedia" in result
    assert "Tintype" in result


def certificate_chain(folder):
    """A signer's certificate under an authority of its own, and the signer's key, in PEM files."""
    pytest.importorskip("cryptography")
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def name(text):
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Archive"),
                x509.NameAttribute(NameOID.COMMON_NAME, text),
            ]
        )

    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)

    def build(subject, public, authority):
        usage = [
            x509.KeyUsage(
                not authority, False, False, False, False, authority, authority, False, False
            )
        ]
        built = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("root"))
            .public_key(public)
        )
        built = (
            built.serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(1))
            .not_valid_after(now + timedelta(99))
        )
        built = built.add_extension(x509.BasicConstraints(authority, None), True).add_extension(
            usage[0], True
        )
        built = built.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), False
        )
        built = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        if not authority:
            built = built.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False
            )
        return built.sign(root, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(
        build("signer", leaf.public_key(), False) + build("root", root.public_key(), True)
    )
    key.write_bytes(
        leaf.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, key
