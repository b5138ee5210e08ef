"""PDF by poppler (text, pictures) and qpdf (bookmarks, links)."""
import json
import subprocess

from readers.seen import Seen, Unreadable


def run(*command):
    # Warnings of qpdf are exit code 3.
    done = subprocess.run(command, capture_output=True, timeout=60)
    if done.returncode not in (0, 3):
        raise Unreadable(f"{command[0]}: {done.stderr.decode(errors='replace')[:200]}")
    return done.stdout


def read(path, mode=()):
    seen = Seen()
    info = run("pdfinfo", path).decode(errors="replace")
    pages = int(next(line for line in info.splitlines() if line.startswith("Pages:")).split()[1])
    seen.excused = [str(number) for number in range(1, pages + 1)]
    seen.text = [run("pdftotext", "-enc", "UTF-8", *mode, path, "-").decode(errors="replace")]
    seen.images = sum(line.split()[2:3] == ["image"] for line in run("pdfimages", "-list", path).decode().splitlines())
    outline(json.loads(run("qpdf", "--json", "--json-key=outlines", path))["outlines"], 1, seen.headings)
    everything = json.loads(run("qpdf", "--json", "--json-key=qpdf", path))["qpdf"][1]
    for value in everything.values():
        addresses(value, seen.links)
    return seen


def read_raw(path):
    return read(path, ("-raw",))


def outline(items, level, found):
    for item in items:
        found.append((level, item["title"]))
        outline(item.get("kids", []), level + 1, found)


def addresses(value, found):
    if isinstance(value, dict):
        uri = value.get("/URI")
        if isinstance(uri, str) and uri[:2] in ("u:", "b:"):
            found.append(uri[2:] if uri[0] == "u" else bytes.fromhex(uri[2:]).decode("utf-8", "replace"))
        for child in value.values():
            addresses(child, found)
    elif isinstance(value, list):
        for child in value:
            addresses(child, found)
