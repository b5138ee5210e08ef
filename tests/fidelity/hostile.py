"""Documents that want to do harm, and whether a converter survives them: it refuses them with one of its codes or converts them; it
does not crash, hang, take more than a GiB, touch the canaries, or be out of order for the next document.

The canaries: a file whose content must not turn up in a result, and a port of HTTP on this machine that must hear nothing.
"""
import http.server
import json
import os
import pathlib
import re
import tempfile
import threading
import zipfile

import converters
from hostile_documents import Maker

CODES = {"INVALID_FORMAT", "CORRUPT_DOCUMENT", "ENCRYPTED_DOCUMENT", "CONVERSION_FAILED", "LIMIT_EXCEEDED"}
SECRET = "CanarySecret8841"
PORT = 47113
MEMORY = 1 << 30
SMALL = b"# Still here\n\nThe next conversion works.\n"


def make(folder):
    """DIR/hostile/ and DIR/hostile.json: [{"file", "expect"}]; expect names the codes that fit, or is empty."""
    place = folder / "hostile"
    place.mkdir()
    canary = folder / "canary.txt"
    canary.write_text(SECRET + "\n")
    maker = Maker(folder, place, canary, f"http://127.0.0.1:{PORT}/canary")
    maker.make()
    (folder / "hostile.json").write_text(json.dumps(maker.entries, indent=1))


class Listener:
    """Counts what comes to the canary's port."""

    def __enter__(self):
        self.heard = []
        heard = self.heard

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                heard.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(SECRET.encode())
            do_HEAD = do_POST = do_GET

            def log_message(self, *_):
                pass
        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def judge(converter, corpus, options):
    entries = [e for e in json.loads((corpus / "hostile.json").read_text()) if not options.document or options.document in e["file"]]
    bad, total = [], 0
    for entry in entries:
        wanted = [name for name in options.only.partition(":")[2].split(",") if name]
        for target in wanted or entry.get("to", ["html", "pdf"]):
            total += 1
            if problems := judge_one(converter, corpus, entry, target, options):
                bad.append({"file": entry["file"], "to": target, "failed": problems})
                print(f"HOSTILE {entry['file']} -> {target}: {'; '.join(problems)}", flush=True)
    print(f"hostile: {total - len(bad)}/{total} survived")
    return bad


def judge_one(converter, corpus, entry, target, options):
    path = corpus / "hostile" / entry["file"]
    source = entry.get("from", path.suffix[1:])
    with tempfile.TemporaryDirectory() as folder, Listener() as listener:
        out = os.path.join(folder, "out." + target)
        done = converter.convert(source, target, str(path), out, options.seconds)
        problems = []
        if done.timed_out:
            problems.append(f"hangs ({options.seconds} s)")
        elif done.crashed:
            problems.append(f"crashes ({done.code}): {done.output[-200:].strip()}")
        elif done.code and converter.name == "doc-convert" and done.refused not in CODES:
            problems.append(f"fails without a code: {done.output[-200:].strip()}")
        if done.refused and entry["expect"] and done.refused not in entry["expect"]:
            problems.append(f"{done.refused}, where {' or '.join(entry['expect'])} fits")
        if not done.code and entry["expect"] and "converted" not in entry["expect"]:
            problems.append("converted what it cannot have read")
        if done.rss > MEMORY:
            problems.append(f"took {done.rss >> 20} MiB")
        if listener.heard:
            problems.append(f"asked the network for {listener.heard[0]}")
        if not done.code and os.path.exists(out) and tells(out):
            problems.append("tells what is in a file of this machine")
        if not problems and not still_works(converter, folder):
            problems.append("the next conversion fails")
        return problems


def tells(path):
    data = pathlib.Path(path).read_bytes()
    texts = [data]
    if data[:2] == b"PK":
        with zipfile.ZipFile(path) as archive:
            texts += [archive.read(name) for name in archive.namelist()[:200]]
    if data[:5] == b"%PDF-":
        texts.append(converters.run(["pdftotext", path, "-"], 30).output.encode())
    return any(re.search(SECRET.encode(), text) for text in texts)


def still_works(converter, folder):
    path, out = os.path.join(folder, "small.md"), os.path.join(folder, "small.html")
    pathlib.Path(path).write_bytes(SMALL)
    if not converter.offers("markdown", "html"):
        return True
    done = converter.convert("markdown", "html", path, out, 30)
    if done.refused and "this build does not" in done.output:
        return True
    return not done.code and b"next conversion works" in pathlib.Path(out).read_bytes()
