"""What is judged: doc-convert, and its peers pandoc and LibreOffice. A conversion runs in a process group of its own, with limits
on time and memory, and is ended as a whole."""
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time

GIB = 1 << 30
PANDOC = {"docx": "docx", "odt": "odt", "rtf": "rtf", "html": "html", "markdown": "gfm+footnotes", "plain": "markdown-yaml_metadata_block"}
PANDOC_TO = {"docx": "docx", "odt": "odt", "rtf": "rtf", "html": "html5", "markdown": "gfm+footnotes", "plain": "plain"}
OFFICE_TO = {"docx": "docx", "odt": "odt", "rtf": "rtf", "html": "html:HTML (StarWriter):EmbedImages", "plain": "txt:Text (encoded):UTF8",
             "pdf": 'pdf:writer_pdf_Export:{"ExportBookmarks":{"type":"boolean","value":"true"}}'}


class Outcome:
    def __init__(self, code, output, seconds, rss, timed_out):
        self.code, self.output, self.seconds, self.rss, self.timed_out = code, output, seconds, rss, timed_out
        self.refused = None
        for line in output.splitlines():
            if line.startswith('{"refused"'):
                try:
                    self.refused = json.loads(line)["refused"]["code"]
                except (ValueError, KeyError, TypeError):
                    pass

    @property
    def crashed(self):
        return not self.timed_out and (self.code < 0 or self.code >= 128)


def run(command, seconds, address_space=None, cwd=None, env=None):
    """What became of a command; rss: its largest process, in bytes."""
    with tempfile.TemporaryFile() as output:
        def limit():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (4 * GIB, 4 * GIB))
            if address_space:
                resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
        began = time.monotonic()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=cwd, env=env,
                                 preexec_fn=limit, start_new_session=True)
        late = threading.Event()

        def end():
            late.set()
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        timer = threading.Timer(seconds, end)
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        taken = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)  # it is waited for: Popen must not do it again
        output.seek(0)
        text = output.read(1 << 20).decode(errors="replace")
    return Outcome(child.returncode, text, taken, usage.ru_maxrss * 1024, late.is_set())


class DocConvert:
    name = "doc-convert"

    def __init__(self, path):
        self.path = str(pathlib.Path(shutil.which(path) or path).resolve())

    def offers(self, source, target):
        return True

    def convert(self, source, target, path, out, seconds=30):
        return run([self.path, "--json", "--to", target, path, out], seconds, 4 * GIB)


class Pandoc:
    name = "pandoc"

    def offers(self, source, target):
        return True

    def convert(self, source, target, path, out, seconds=30):
        with tempfile.TemporaryDirectory() as folder:
            reader = PANDOC.get(source, "html")
            if source == "pdf":  # which pandoc does not read
                done = run(["pdftohtml", "-q", "-s", "-noframes", "-enc", "UTF-8", path, folder + "/in.html"], seconds)
                if done.code:
                    return done
                path, reader = folder + "/in.html", "html"
            command = ["pandoc", "-s", "-f", reader, "-o", out, path, "--resource-path", folder + ":" + os.path.dirname(path)]
            if target == "pdf":
                command += ["--pdf-engine=wkhtmltopdf"]
            else:
                command += ["-t", PANDOC_TO[target]]
            if target == "html":
                command += ["--self-contained"]
            return run(command, seconds)


class Office:
    """LibreOffice, with as many profiles as there are threads: two cannot share one."""
    name = "soffice"

    def __init__(self):
        self.local = threading.local()

    def offers(self, source, target):
        return target in OFFICE_TO and source != "markdown"

    def convert(self, source, target, path, out, seconds=30):
        if not hasattr(self.local, "profile"):
            self.local.profile = tempfile.mkdtemp(prefix="fidelity-office-")
        with tempfile.TemporaryDirectory() as folder:
            command = ["soffice", f"-env:UserInstallation=file://{self.local.profile}", "--headless"]
            if source == "pdf":
                command += ["--infilter=writer_pdf_import"]
            elif source == "plain":
                command += ["--infilter=Text (encoded):UTF8"]
            elif source == "html":
                command += ["--infilter=HTML (StarWriter)"]
            command += ["--convert-to", OFFICE_TO[target], "--outdir", folder, path]
            done = run(command, seconds)
            if done.code == 81:
                done = run(command, seconds)
            made = [file for file in pathlib.Path(folder).iterdir() if file.is_file() and file.suffix != ".png"]
            if made:
                shutil.move(made[0], out)
            elif not done.code:
                done.code = 1
            return done


def by_name(name):
    return {"pandoc": Pandoc, "soffice": Office}.get(name, lambda: DocConvert(name))()
