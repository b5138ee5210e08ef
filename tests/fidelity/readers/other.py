"""RTF, Markdown and plain text, with pandoc and LibreOffice."""
import pathlib
import shutil
import subprocess
import tempfile
import threading

from readers import html, odt
from readers.seen import Seen, Unreadable

PROFILES = threading.local()


def text(path):
    seen = Seen()
    data = pathlib.Path(path).read_bytes()
    try:
        seen.text = [data.decode("utf-8-sig")]
    except UnicodeDecodeError as error:
        raise Unreadable("not UTF-8") from error
    return seen


def any_text(path):
    seen = Seen()
    data = pathlib.Path(path).read_bytes()
    for encoding in ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252"):
        try:
            seen.text = [data.decode(encoding)]
            return seen
        except UnicodeDecodeError:
            continue
    raise Unreadable("no encoding fits")


def by_pandoc(path, reader):
    try:
        done = subprocess.run(["pandoc", "-f", reader, "-t", "html", "--wrap=none", path], capture_output=True, timeout=30)
    except subprocess.TimeoutExpired as error:  # which its reader of RTF does with some documents of AbiWord
        raise Unreadable("pandoc takes too long") from error
    if done.returncode:
        raise Unreadable("pandoc: " + done.stderr.decode(errors="replace")[:200])
    return done.stdout


def markdown(path):
    return html.parse(by_pandoc(path, "gfm+footnotes"))


def rtf(path):
    if pathlib.Path(path).read_bytes()[:5] != b"{\\rtf":
        raise Unreadable("it does not begin with {\\rtf")
    return html.parse(by_pandoc(path, "rtf"), carried_only=False)


def office(path):
    """Through LibreOffice to ODT."""
    if not shutil.which("soffice"):
        raise Unreadable("LibreOffice is not installed")
    with tempfile.TemporaryDirectory() as folder:
        soffice(["--convert-to", "odt", "--outdir", folder, path])
        made = list(pathlib.Path(folder).glob("*.odt"))
        if not made:
            raise Unreadable("LibreOffice does not open it")
        return odt.read(str(made[0]))


def soffice(arguments, timeout=120):
    """With a profile of this thread's own: two LibreOffices cannot share one. The very first start ends with 81."""
    if not hasattr(PROFILES, "folder"):
        PROFILES.folder = tempfile.TemporaryDirectory(prefix="fidelity-soffice-", ignore_cleanup_errors=True)
    profile = PROFILES.folder.name
    command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=timeout)
    if done.returncode == 81:
        done = subprocess.run(command, capture_output=True, timeout=timeout)
    return done
