"""Downloads: whole and verified, or not there at all. The network is a server of our own."""

import gzip
import hashlib
import io
import sys
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from test_data_formats import idx, records

from autograd.errors import ArgumentError
from nn.data import DownloadError, FormatError, download
from nn.data.datasets import CIFAR100, MNIST, FashionMNIST
from nn.data.download import unpack

CONTENT = np.random.default_rng(0).bytes(3_000_000)
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()
SHA = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """/good serves; /half hangs up in the middle; /old knows no ranges; /slow says nothing."""

    files = {"good": CONTENT, "half": CONTENT, "old": CONTENT, "wrong": CONTENT[::-1]}  # noqa: RUF012
    asked: list = []  # noqa: RUF012

    def do_GET(self):
        kind = self.path.strip("/").rpartition("/")[0] or self.path.strip("/")
        name = self.path.rpartition("/")[2]
        span = self.headers["Range"]
        self.asked.append((self.path, span))
        if kind == "slowly":
            time.sleep(0.2)
        if kind == "slow":
            time.sleep(3)
            return
        content = self.files.get(name if name in self.files else kind)
        if content is None:
            return self.send_error(404)
        start = int(span[6:-1]) if span and kind != "old" else 0
        if span and start >= len(content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if kind != "endless":
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        self.wfile.write(body[: len(body) // 2] if kind == "half" else body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as it:
        thread = threading.Thread(target=it.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{it.server_port}"
        it.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def asked():
    Handler.asked.clear()
    return Handler.asked


def names(folder):
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("checksum", [None, MD5, SHA, MD5.replace(MD5[4:], MD5[4:].upper())])
def test_a_file_arrives_whole_and_is_not_fetched_again(server, tmp_path, checksum, asked):
    target = tmp_path / "deep" / "file.bin"
    assert download([f"{server}/good"], target, checksum=checksum) == target
    assert target.read_bytes() == CONTENT
    assert names(target.parent) == ["file.bin"]
    assert download([f"{server}/nowhere"], target) == target
    assert len(asked) == 1


def test_the_next_mirror_goes_on_where_one_broke_off(server, tmp_path, asked):
    target = tmp_path / "file"
    download([f"{server}/missing", f"{server}/half", f"{server}/good"], target, checksum=SHA)
    assert target.read_bytes() == CONTENT
    assert asked == [("/missing", None), ("/half", None), ("/good", "bytes=1500000-")]


def test_an_interrupted_download_is_gone_on_with_later(server, tmp_path, asked):
    target = tmp_path / "file"
    with pytest.raises(DownloadError, match="the connection ended after 1500000 of 3000000 bytes"):
        download([f"{server}/half"], target, checksum=MD5)
    assert names(tmp_path) == ["file.part"]
    download([f"{server}/good"], target, checksum=MD5)
    assert target.read_bytes() == CONTENT
    assert names(tmp_path) == ["file"]
    assert asked[-1] == ("/good", "bytes=1500000-")


def test_without_a_checksum_nothing_is_gone_on_with(server, tmp_path, asked):
    (tmp_path / "file.part").write_bytes(b"something else")
    download([f"{server}/good"], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert asked == [("/good", None)]


@pytest.mark.parametrize("kind", ["old", "good"])
def test_a_server_that_starts_again_and_a_part_that_is_too_long(server, tmp_path, kind):
    part = CONTENT[:100] if kind == "old" else CONTENT + b"more"
    (tmp_path / "file.part").write_bytes(part)
    download([f"{server}/{kind}"], tmp_path / "file", checksum=MD5)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_wrong_checksum_is_refused_and_nothing_is_left(server, tmp_path):
    target = tmp_path / "file"
    with pytest.raises(DownloadError, match=r"the md5 checksum is \w+, not \w+: thrown away"):
        download([f"{server}/wrong"], target, checksum=MD5)
    assert names(tmp_path) == []
    (tmp_path / "file.part").write_bytes(b"the beginning of another file")
    download([f"{server}/good"], target, checksum=MD5)
    assert target.read_bytes() == CONTENT


def test_when_no_mirror_answers_the_reasons_and_the_place_are_told(server, tmp_path):
    closed = "http://127.0.0.1:9"
    mirrors = [f"{closed}/file", f"{server}/missing", f"{server}/slow"]
    with pytest.raises(OSError, match=r"file\.gz could not be downloaded") as info:
        download(mirrors, tmp_path / "file.gz", timeout=0.3)
    text = str(info.value)
    assert isinstance(info.value, DownloadError)
    assert "refused" in text
    assert "404" in text
    assert "timed out" in text
    assert f"put the file at {tmp_path / 'file.gz'}" in text


@pytest.mark.parametrize(
    ("urls", "checksum"),
    [
        ([], None),
        ("http://a/b", None),
        (["file:///etc/passwd"], None),
        (["ftp://a/b"], None),
        (["http://a/b"], "crc32:00"),
        (["http://a/b"], "00"),
    ],
)
def test_senseless_requests_are_refused(urls, checksum, tmp_path):
    with pytest.raises(ArgumentError, match="download"):
        download(urls, tmp_path / "file", checksum=checksum)


def test_two_at_once_fetch_once(server, tmp_path, asked):
    Handler.files["slowly"] = CONTENT[:1000]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: download([f"{server}/slowly"], tmp_path / "f"), range(2)))
    assert found == [tmp_path / "f"] * 2
    assert asked == [("/slowly", None)]
    assert (tmp_path / "f").read_bytes() == CONTENT[:1000]


def test_progress_knows_the_length(server, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(sys.modules["nn.progress"], "find_spec", lambda name: None)
    download([f"{server}/good"], tmp_path / "file.bin")
    assert "file.bin (MiB): 3/3" in sys.stderr.getvalue()


# Data sets


def test_mnist_is_downloaded_on_request_only(server, tmp_path, monkeypatch, asked):
    files = {
        "t10k-images-idx3-ubyte": idx(np.ones((2, 28, 28), np.uint8)),
        "t10k-labels-idx1-ubyte": idx(np.array([4, 6], np.uint8)),
    }
    packed = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
    sums = {n[:-3]: "md5:" + hashlib.md5(c).hexdigest() for n, c in packed.items()}
    monkeypatch.setattr(Handler, "files", packed)
    for make, folder in ((MNIST, "mnist"), (FashionMNIST, "fashionmnist")):
        monkeypatch.setattr(make, "_mirrors", (f"{server}/away/", f"{server}/here/"))
        monkeypatch.setattr(make, "_checksums", sums)
        with pytest.raises(FileNotFoundError, match="download=True"):
            make(tmp_path, train=False)
        assert asked == []
        assert make(tmp_path, train=False, download=True).targets.tolist() == [4, 6]
        assert names(tmp_path / folder) == sorted(packed)
        asked.clear()
        assert len(make(tmp_path, train=False)) == len(make(tmp_path, False, download=True)) == 2
        assert asked == []


def archive(**members):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def test_cifar_is_unpacked_and_nothing_else_is(tmp_path):
    images, content = records([3, 99], 2)
    home = tmp_path / "cifar100"
    home.mkdir()
    packed = archive(**{
        "../../train.bin": content, "cifar-100-binary/test.bin": content[: len(content) // 2],
        "/etc/evil": b"x", "../evil": b"x",
    })  # fmt: skip
    (home / "cifar-100-binary.tar.gz").write_bytes(packed)
    data = CIFAR100(tmp_path, download=True)  # the archive is there: no network is needed
    assert (data.targets.tolist(), data.classes[99]) == ([3, 99], "worm")
    assert np.array_equal(data.data, images)
    assert names(home) == ["cifar-100-binary.tar.gz", "test.bin", "train.bin"]
    assert names(tmp_path) == ["cifar100"]


def test_a_damaged_archive_is_refused(tmp_path):
    path = tmp_path / "a.tar.gz"
    content = archive(**{"train.bin": CONTENT[:5000]})
    for cut in (0, 5, 3000, len(content) - 4):
        path.write_bytes(content[:cut])
        with pytest.raises(FormatError, match=rf"{path}: the archive"):
            unpack(path, ["train.bin", "x"], tmp_path)
        assert set(names(tmp_path)) <= {"a.tar.gz"} | ({"train.bin"} if cut > 3000 else set())
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"lacks \['test.bin'\]"):
        unpack(path, ["train.bin", "test.bin"], tmp_path)
