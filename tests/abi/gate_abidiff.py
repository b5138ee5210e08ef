#!/usr/bin/python3
"""libabigail compares today's public structs with the baseline of the version that crank.h claims. Any
difference fails.

Nothing is suppressed: "member inserted at the end" as a suppression also hides swapped members. The anchor
library is compiled here with flags of its own, so that a debug, release or sanitizer build compares the same
thing.
"""
import tempfile
from pathlib import Path

from abi_gate import EVERYTHING, NEW_MINOR, Failure, Tree, arguments, main, must, run, tool

# DWARF 4 because compilers differ in what of DWARF 5 they emit by default.
ANCHOR_FLAGS = ['-std=c99', '-g', '-gdwarf-4', '-O0', '-fPIC', '-shared', '-nostdlib', '-fvisibility=hidden',
                EVERYTHING, '-Wall', '-Wextra', '-Werror']
# Neither this machine's paths nor its architecture get into a baseline; public types are the same on every LP64 target.
# Hashed type ids keep the difference between two baselines readable.
DUMP_FLAGS = ['--no-corpus-path', '--no-comp-dir-path', '--no-show-locs', '--no-architecture', '--no-elf-needed',
              '--type-id-style', 'hash']


def dump(tree, include, cc, out, target=()):
    """Writes the libabigail description of the anchor, compiled against `include`, to `out`."""
    abidw = tool('abidw')
    anchor = tree.tests / 'anchor.c'
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / 'libanchor.so'
        must([*cc, *target, *ANCHOR_FLAGS, f'-ffile-prefix-map={tree.root}=.', '-I', include, '-o', library, anchor],
             'the anchor library does not compile', NEW_MINOR)
        must([*abidw, *DUMP_FLAGS, '--out-file', out, library], 'abidw failed')


def check_anchor_is_complete(tree):
    """Each public struct needs its function in the anchor, or libabigail never sees it."""
    from gate_layout import COMMENT, STRUCT
    from abi_gate import abi_headers
    anchor = (tree.tests / 'anchor.c').read_text()
    for header in abi_headers(tree.include):
        for struct, _ in STRUCT.findall(COMMENT.sub('', (tree.include / header).read_text())):
            if f'ANCHOR({struct})' not in anchor:
                raise Failure(f'{header} declares {struct}, but tests/abi/anchor.c has no ANCHOR({struct})')


def gate(options):
    tree = Tree(options.root)
    abidiff = tool('abidiff')
    baseline = tree.released() / 'anchor.abi'
    if not baseline.is_file():
        raise Failure(f'the baseline {baseline.relative_to(tree.root)} is missing.\n{NEW_MINOR}')
    check_anchor_is_complete(tree)
    with tempfile.TemporaryDirectory() as folder:
        today = Path(folder) / 'today.abi'
        dump(tree, tree.include, tool(options.cc), today)
        result = run([*abidiff, '--harmless', '--no-show-locs', baseline, today])
        if result.returncode != 0 or result.stdout.strip():
            raise Failure(f'the ABI differs from {baseline.relative_to(tree.root)} '
                          f'(abidiff says {result.returncode}).\n{result.stdout.rstrip()}\n{NEW_MINOR}')
    return f'no difference from {baseline.relative_to(tree.root)}'


if __name__ == '__main__':
    main(gate, arguments(__doc__))
