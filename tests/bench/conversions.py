"""doc-convert beside pdftotext (the same parser without a writer), pandoc (after pdftohtml for PDF) and LibreOffice: time and memory over large PDFs, and what
conversions of the small corpus keep, by the judge of tests/fidelity."""
import collections
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import time

KINDS = ("text", "mixed", "image")
MEASURES = ("recall", "precision", "order", "headings", "tables", "images", "links")
LIMIT = 60  # seconds of processor time for each; a peer that takes longer counts as failed
HERE = pathlib.Path(__file__).resolve().parent


def measured(command, directory):
    """Wall seconds and peak resident MiB; None where it failed or took too long."""
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT)))
    _, status, usage = _wait(process)
    return (time.monotonic() - started, usage.ru_maxrss / 1024) if status == 0 else None


def _wait(process):
    result = os.wait4(process.pid, 0)
    process.returncode = result[1]
    return result


def figures(command, directory, runs):
    samples = [one for one in (measured(command, directory) for _ in range(runs)) if one]
    if len(samples) < runs:
        return {"failed": runs - len(samples)}
    seconds = sorted(seconds for seconds, _ in samples)
    return {"seconds": {"median": round(statistics.median(seconds), 3), "p95": round(seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))], 3)},
            "peak_mib": round(max(memory for _, memory in samples), 1)}


def peers(pdf, directory):
    yield "pdftotext", ["pdftotext", pdf.name, "peer.txt"]
    if shutil.which("pandoc") and shutil.which("pdftohtml"):
        yield "pandoc", ["sh", "-c", f"pdftohtml -s -i -noframes {pdf.name} peer.html && pandoc -f html -t docx -o peer.docx peer.html"]
    if shutil.which("soffice"):
        yield "libreoffice", ["soffice", f"-env:UserInstallation=file://{directory}/profile", "--headless", "--infilter=writer_pdf_import",
                              "--convert-to", "docx:MS Word 2007 XML", "--outdir", "office", pdf.name]


def conversions(build, directory, options):
    converter = build / "plugins/doc_converter/doc_converter/doc-convert"
    result = {}
    for kind in KINDS:
        for megabytes, runs in ((5, options.conversions), (50, max(1, options.conversions // 7))):
            pdf = directory / f"{kind}-{megabytes}mb.pdf"
            subprocess.run([sys.executable, HERE / "documents.py", kind, str(megabytes), pdf], check=True)
            part = {"ours": figures([converter, pdf.name, "ours.docx"], directory, runs)}
            if megabytes == 5:
                for name, command in peers(pdf, directory):
                    part[name] = figures(command, directory, 1)
            result[f"{kind}_{megabytes}mb"] = part
            pdf.unlink()
    return result


def fidelity(build, directory, options):
    """Of the conversions that each program offers: how many pass, by the format that they begin with; what they keep, on average, of words
    (recall, precision, order), headings, tables' cells, images and links, where the document has any and the target can say it; their time
    and memory. Of what fails to come at all, only the recall knows: it is 0."""
    judge, corpus = HERE.parent / "fidelity", directory / "corpus"
    subprocess.run(["/usr/bin/python3", judge / "corpus.py", corpus, "--small", "--no-hostile"], check=True, stdout=subprocess.DEVNULL)
    programs = {"ours": build / "plugins/doc_converter/doc_converter/doc-convert"}
    programs |= {name: name for name in ("pandoc", "soffice") if shutil.which(name)}
    result = {}
    for name, program in programs.items():
        figures_file = directory / f"{name}.json"
        subprocess.run(["/usr/bin/python3", judge / "judge.py", program, corpus, "--json", figures_file, "--seconds", "120"], check=True,
                       stdout=subprocess.DEVNULL)
        counts = collections.defaultdict(lambda: [0, 0])
        judged = json.loads(figures_file.read_text())["conversions"]
        for one in judged:
            for row in (f"from_{one['from']}", "all"):
                counts[row][0] += not one["failed"]
                counts[row][1] += 1
        result[name] = {row: f"{passed}/{of}" for row, (passed, of) in sorted(counts.items())}
        result[name] |= {what: kept(judged, what) for what in MEASURES}
        result[name]["seconds"] = {"median": round(statistics.median(one["seconds"] for one in judged), 3)}
        result[name]["peak_mib"] = round(max(one["rss"] for one in judged) / 1024**2, 1)
    return result


def kept(judged, what):
    """The average over the conversions that this can be said of, in per cent."""
    of = [one[what] for one in judged if what in one]
    of += [0] * (sum("recall" not in one for one in judged) if what == "recall" else 0)
    return round(100 * statistics.mean(of), 1) if of else None
