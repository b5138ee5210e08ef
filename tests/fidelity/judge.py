#!/usr/bin/env python3
"""Judges a converter by what it makes of a corpus (corpus.py): prints passed/total for each pair of formats.

usage: judge.py CONVERTER CORPUS [--only FROM:TO] [--report] [--json FILE] [--jobs N]
CONVERTER is a path to doc-convert, or `pandoc` or `soffice`. A conversion passes if its result opens in a reader that is not ours,
and keeps of the words, their order, the headings, tables, pictures and links as much as score.py says. Exit code 1: something
failed that was asked for with --fail.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import sys
import tempfile
import traceback

import converters
import hostile
import score
from readers import EXTENSIONS, READERS
from readers.seen import Unreadable


def main():
    options = arguments()
    corpus = pathlib.Path(options.corpus)
    converter = converters.by_name(options.converter)
    results = []
    if not options.hostile_only:
        results = judge_all(converter, corpus, options)
        table(results, converter.name)
    bad = []
    if options.hostile or options.hostile_only:
        bad = hostile.judge(converter, corpus, options)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"conversions": results, "hostile": bad}, indent=1, ensure_ascii=False))
    if options.fail and (bad or any(result["failed"] for result in results)):
        sys.exit(1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("converter")
    parser.add_argument("corpus")
    parser.add_argument("--only", default=":", help="FROM:TO, either may be left out; more of one side with commas")
    parser.add_argument("--document", help="only documents whose file name contains this")
    parser.add_argument("--report", action="store_true", help="what each failure lost")
    parser.add_argument("--hostile", action="store_true", help="the hostile documents as well")
    parser.add_argument("--hostile-only", action="store_true")
    parser.add_argument("--keep", help="a folder for the results")
    parser.add_argument("--json", help="a file for the figures")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=30, help="for one conversion")
    parser.add_argument("--fail", action="store_true", help="exit code 1 if a conversion fails")
    return parser.parse_args()


def pairs(corpus, options):
    wanted_from, wanted_to = (set(filter(None, side.split(","))) for side in options.only.split(":"))
    for entry in json.loads((corpus / "corpus.json").read_text()):
        for target in EXTENSIONS:
            if target == entry["from"] or options.document and options.document not in entry["file"]:
                continue
            if (not wanted_from or entry["from"] in wanted_from) and (not wanted_to or target in wanted_to):
                yield entry, target


def judge_all(converter, corpus, options):
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        work = [pool.submit(judge_one, converter, corpus, entry, target, options)
                for entry, target in pairs(corpus, options) if converter.offers(entry["from"], target)]
        results = []
        for job in concurrent.futures.as_completed(work):
            results.append(job.result())
            if options.report and results[-1]["failed"]:
                report(results[-1])
        results.sort(key=lambda r: (r["from"], r["to"], r["file"]))
        return results


def judge_one(converter, corpus, entry, target, options):
    result = {"file": entry["file"], "from": entry["from"], "to": target, "producer": entry["producer"]}
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(options.keep or folder, entry["file"] + "." + EXTENSIONS[target])
        if options.keep:
            os.makedirs(options.keep, exist_ok=True)
        done = converter.convert(entry["from"], target, str(corpus / entry["file"]), out, options.seconds)
        result["seconds"], result["rss"] = round(done.seconds, 3), done.rss
        if done.timed_out:
            return {**result, "failed": ["hangs"]}
        if done.code or not os.path.exists(out):
            return {**result, "failed": ["crashes" if done.crashed else "refuses"], "output": done.output[-300:]}
        return {**result, **read_and_score(entry, target, out)}


def read_and_score(entry, target, path):
    """By the reader that finds most; the next one is asked only if something is missing."""
    best = None
    for reader in READERS[target]:
        try:
            found = score.score(entry["truth"], reader(path), entry["from"], target)
        except Unreadable as error:
            found = {"failed": ["opens"], "output": str(error)}
        except Exception:  # a fault of the judge must not pass as one of the converter
            found = {"failed": ["judge"], "output": traceback.format_exc()}
        if best is None or len(found["failed"]) < len(best["failed"]) or "opens" in best["failed"]:
            best = found
        if not best["failed"]:
            break
    return best


def report(result):
    figures = " ".join(f"{name} {result[name]:.3f}" for name in
                       ("recall", "precision", "order", "headings", "tables", "images", "links") if name in result)
    print(f"FAIL {result['from']} -> {result['to']}  {result['file']}: {', '.join(result['failed'])}   {figures}")
    for name, failing in (("missing", "recall"), ("extra", "precision"), ("lost_headings", "headings"), ("lost_cells", "tables"),
                          ("lost_links", "links")):
        if result.get(name) and failing in result["failed"]:
            print(f"     {name.replace('_', ' ')}: {' | '.join(result[name]) if 'lost' in name else ' '.join(result[name])}")
    if result.get("output"):
        print("     " + result["output"].strip().replace("\n", "\n     "))
    sys.stdout.flush()


def table(results, name):
    counts = collections.defaultdict(lambda: [0, 0])
    for result in results:
        for pair in ((result["from"], result["to"]), (result["from"], "all"), ("all", result["to"]), ("all", "all")):
            counts[pair][0] += not result["failed"]
            counts[pair][1] += 1
    columns = [*EXTENSIONS, "all"]
    print(f"{name:12}" + "".join(f"{'to ' + column:>12}" for column in columns))
    for row in columns:
        cells = [f"{counts[row, column][0]}/{counts[row, column][1]}" if (row, column) in counts else "-" for column in columns]
        if any(cell != "-" for cell in cells):
            print(f"{'from ' + row:14}" + "".join(f"{cell:>12}" for cell in cells).removeprefix("  "))
    reasons = collections.Counter(reason for result in results for reason in result["failed"])
    print("failures: " + (", ".join(f"{reason} {count}" for reason, count in reasons.most_common()) or "none"))


if __name__ == "__main__":
    main()
