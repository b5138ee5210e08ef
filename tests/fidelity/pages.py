#!/usr/bin/env python3
"""Pages of a document as PNG, for looking: through LibreOffice and poppler.

usage: pages.py IN OUTDIR [DPI]
"""
import pathlib
import subprocess
import sys
import tempfile

from readers.other import soffice


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    path, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        pdf = path
        if path.suffix.lower() != ".pdf":
            soffice(["--convert-to", "pdf", "--outdir", work, str(path)])
            pdf = pathlib.Path(work) / (path.stem + ".pdf")
            if not pdf.exists():
                sys.exit(f"LibreOffice does not open {path}")
        subprocess.run(["pdftoppm", "-png", "-r", sys.argv[3] if len(sys.argv) > 3 else "60", str(pdf), str(folder / path.stem)], check=True)
    for picture in sorted(folder.glob(path.stem + "-*.png")):
        print(picture)


if __name__ == "__main__":
    main()
