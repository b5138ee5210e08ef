#!/usr/bin/env python3
"""Makes the corpus: documents of every format, written by many programs and by hand, with what each truly contains.

usage: corpus.py DIR [--small] [--no-hostile]
DIR/corpus.json lists the documents with their truth; DIR/hostile.json those that a converter has to survive. The truth comes from
the sources (sources/), never from a converter; what a program that wrote a document left out of it is taken out of its truth,
where an independent reader of that format cannot find it, and a document that lost words is left out as a whole.
"""
import argparse
import json
import os
import pathlib
import shutil
import sys

import score
from producers import ours, pictures, programs
from readers import FORMATS, LENIENT

HERE = pathlib.Path(__file__).resolve().parent


class Corpus:
    def __init__(self, folder):
        self.folder, self.entries, self.left_out = folder, [], []

    def add(self, path, producer, what):
        """path: a finished document in the folder; what: its truth as the source says it."""
        source = FORMATS[path.suffix[1:]]
        entry = {"file": path.name, "from": source, "producer": producer, "truth": what}
        if not path.exists():
            self.left_out.append(f"{path.name}: {producer} did not write it")
            return
        if problem := check(path, source, what):
            self.left_out.append(f"{path.name}: {problem}")
            path.unlink()
            return
        self.entries.append(entry)

    def write(self):
        self.entries.sort(key=lambda entry: entry["file"])
        (self.folder / "corpus.json").write_text(json.dumps(self.entries, indent=1, ensure_ascii=False))


def check(path, source, what):
    """Lowers the truth to what the document holds at all; says why the document is of no use, if it is not."""
    best = None
    for reader in LENIENT[source]:
        try:
            seen = reader(str(path))
        except Exception as error:  # some programs write what nobody can read
            best = best or f"{type(error).__name__}: {error}"
            continue
        found = score.score(what, seen, "plain", source)
        if found["recall"] >= 0.985 and found["order"] >= 0.95:
            if source != "pdf":
                what["images"] = min(what["images"], seen.images)
                lost = set(found.get("lost_links", []))
                what["links"] = [link for link in what["links"] if score.address(link) not in lost]
            return None
        best = f"recall {found['recall']:.3f} order {found['order']:.3f}, missing: {' '.join(found['missing'][:8])}"
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--small", action="store_true", help="a few documents of each format, for `make test`")
    parser.add_argument("--no-hostile", action="store_true")
    options = parser.parse_args()
    left_out = make(pathlib.Path(options.folder).resolve(), options.small)
    for line in left_out:
        print("left out: " + line, file=sys.stderr)
    if not options.no_hostile:
        import hostile
        hostile.make(pathlib.Path(options.folder).resolve())


def make(folder, small=False):
    """Returns what was left out of the corpus, and why."""
    shutil.rmtree(folder, ignore_errors=True)
    work = folder / "work"
    work.mkdir(parents=True)
    os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
    pictures.make(work)
    for source in sorted((HERE / "sources").iterdir()):
        shutil.copy(source, work)
    (work / "long.md").write_text(ours.long_table())
    corpus = Corpus(folder)
    for producer in (ours, programs):
        producer.produce(corpus, work, small)
        corpus.write()
    shutil.rmtree(work)
    print(f"{len(corpus.entries)} documents", file=sys.stderr)
    return corpus.left_out


if __name__ == "__main__":
    main()
