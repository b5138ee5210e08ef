#!/usr/bin/python3
"""Growing a table at its tail breaks nobody, in either direction.

Makes headers of a minor that does not exist, 0.2, from the frozen 0.1: crank_call gets one function more. Then
the plugin of 0.2 runs on the host of 0.1, and the plugin of 0.1 on a host of 0.2. The asserts of 0.1 must
accept the grown headers.
"""
import shutil
import tempfile
from pathlib import Path

from abi_gate import Failure, Tree, arguments, main, must, tool

FLAGS = ['-std=c99', '-Wall', '-Wextra', '-pedantic', '-Werror', '-g']
LAST = '  void (*finish)(crank_call *call, crank_status status) CRANK_NOTHROW;\n'
ADDED = LAST + '  int32_t (*later)(crank_call *call) CRANK_NOTHROW;\n'


def grow(text):
    """The text of crank.h as it might be in 0.2."""
    for old, new in ((LAST, ADDED), ('#define CRANK_ABI_MINOR 1\n', '#define CRANK_ABI_MINOR 2\n')):
        if text.count(old) != 1:
            raise Failure(f'the frozen crank.h has no line {old!r}')
        text = text.replace(old, new)
    return text


def build(tree, cc, work):
    """Builds hosts and plugins of both minors; a name is what it is and the minor it was compiled with."""
    frozen = tree.abi / '0.1/include'
    grown = work / 'include'
    shutil.copytree(frozen, grown)
    header = grown / 'crank/crank.h'
    header.write_text(grow(header.read_text()))
    hosts = [tree.tests / name for name in ('old_host.c', 'old_host_call.c', 'old_host_ext.c')]
    shared = ['-shared', '-fPIC', '-fvisibility=hidden']
    for name, include, sources, flags in (
            ('host_1', frozen, hosts, ['-pthread', '-ldl']),
            ('host_2', grown, hosts, ['-DOLD_HOST_IS_GROWN', '-pthread', '-ldl']),
            ('plugin_1.so', frozen, [tree.tests / 'frozen_0_1_plugin.c'], shared),
            ('plugin_2.so', grown, [tree.tests / 'grown_plugin.c'], shared)):
        must([*cc, *FLAGS, '-I', include, '-o', work / name, *sources, *flags], f'{name} does not compile')
    must([*cc, *FLAGS, '-fsyntax-only', '-I', grown, tree.tests / 'layout_0_1.c'],
         'the asserts of 0.1 refuse headers that only grew at a tail')


def gate(options):
    tree = Tree(options.root)
    frozen_calls = ['frozen.echo', '{"a":1}', '{"a":1}', 'frozen.early', '{}', 'early', 'frozen.none', '{}', '-2',
                    'session:frozen.ws', 'hi', 'awake']
    runs = [('host_1', 'plugin_2.so', ['grown.call', '{}', '{"later":null}']),
            ('host_2', 'plugin_2.so', ['grown.call', '{}', '{"later":7}']),
            ('host_2', 'plugin_1.so', frozen_calls),
            ('host_1', 'plugin_1.so', frozen_calls)]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        build(tree, tool(options.cc), work)
        for host, plugin, calls in runs:
            must([work / host, work / plugin, *calls], f'{plugin} does not run on {host}')
    return f'{len(runs)} pairs of host and plugin'


if __name__ == '__main__':
    main(gate, arguments(__doc__))
