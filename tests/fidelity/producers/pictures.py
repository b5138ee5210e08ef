"""Pictures of one colour with a diagonal: PNG by zlib, JPEG by poppler from a page that pango draws."""
import pathlib
import struct
import subprocess
import zlib

COLOURS = {"red": (200, 40, 40, 48, 48), "blue": (30, 60, 180, 160, 90), "green": (30, 150, 70, 64, 64)}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(red, green, blue, width, height):
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes((255, 255, 255)) if x * height // width == y else bytes((red, green, blue))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")


def make(folder):
    folder = pathlib.Path(folder)
    for name, values in COLOURS.items():
        (folder / f"picture-{name}.png").write_bytes(png(*values))
    subprocess.run(["pango-view", "--no-display", "--text=", "--width=100", "--height=60", "--output=" + str(folder / "page.pdf")],
                   check=True, capture_output=True)
    subprocess.run(["pdftoppm", "-jpeg", "-gray", "-r", "72", "-scale-to-x", "120", "-scale-to-y", "80", "-singlefile",
                    str(folder / "page.pdf"), str(folder / "picture-grey")], check=True)
    (folder / "picture-grey.jpg").exists() or (folder / "picture-grey.jpeg").rename(folder / "picture-grey.jpg")
    (folder / "page.pdf").unlink()
