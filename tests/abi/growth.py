#!/usr/bin/python3
"""Growing a table at its tail breaks nobody, in either direction.

Makes headers of a minor that does not exist, 0.3, from the frozen 0.2: crank_call gets one function more, for those who
see that minor. Then the plugin of 0.3 runs on the host of 0.2, and the plugin of 0.2 on a host of 0.3. The asserts of
0.2 must accept the grown headers. A plugin that does not say that it sees 0.3 cannot use what is younger than its need.
"""
import shutil
import tempfile
from pathlib import Path

from abi_gate import Failure, Tree, arguments, main, must, run, tool

FLAGS = ['-std=c99', '-Wall', '-Wextra', '-pedantic', '-Werror', '-g']
LAST = '  void (*finish)(crank_call *call, crank_status status) CRANK_NOTHROW;\n'
ADDED = (LAST + '#if CRANK_SEES_MINOR >= 3\n  int32_t (*later)(crank_call *call) CRANK_NOTHROW;\n#endif\n')


def grow(text):
    """The text of crank.h as it might be in 0.3."""
    for old, new in ((LAST, ADDED), ('#define CRANK_ABI_MINOR 2\n', '#define CRANK_ABI_MINOR 3\n')):
        if text.count(old) != 1:
            raise Failure(f'the frozen crank.h has no line {old!r}')
        text = text.replace(old, new)
    return text


def build(tree, cc, work):
    """Builds hosts and plugins of both minors; a name is what it is and the minor it was compiled with."""
    frozen = tree.abi / '0.2/include'
    grown = work / 'include'
    shutil.copytree(frozen, grown)
    header = grown / 'crank/crank.h'
    header.write_text(grow(header.read_text()))
    hosts = [tree.tests / name for name in ('old_host.c', 'old_host_call.c', 'old_host_ext.c')]
    shared = ['-shared', '-fPIC', '-fvisibility=hidden']
    everything = '-DCRANK_SEES_MINOR=CRANK_ABI_MINOR'
    for name, include, sources, flags in (
            ('host_2', frozen, hosts, ['-pthread', '-ldl']),
            ('host_3', grown, hosts, [everything, '-DOLD_HOST_IS_GROWN', '-pthread', '-ldl']),
            ('plugin_2.so', frozen, [tree.tests / 'frozen_0_2_plugin.c'], shared),
            ('plugin_3.so', grown, [tree.tests / 'grown_plugin.c'], shared)):
        must([*cc, *FLAGS, '-I', include, '-o', work / name, *sources, *flags], f'{name} does not compile')
    for sees in ([], [everything]):
        must([*cc, *FLAGS, *sees, '-fsyntax-only', '-I', grown, tree.tests / 'layout_0_2.c'],
             'the asserts of 0.2 refuse headers that only grew at a tail')
    # The claim that it runs on 0.2 is kept honest: what is younger is not there.
    hidden = run([*cc, *FLAGS, '-DSEES_NO_MORE_THAN_IT_NEEDS', '-fsyntax-only', '-I', grown,
                  tree.tests / 'grown_plugin.c'])
    if hidden.returncode == 0 or 'later' not in hidden.stdout:
        raise Failure(f'a plugin that needs 0.2 can use what came with 0.3 without asking:\n{hidden.stdout}')
    wrong = run([*cc, *FLAGS, '-DCRANK_NEEDS_MINOR=9', '-fsyntax-only', '-I', grown, tree.tests / 'grown_plugin.c'])
    if wrong.returncode == 0 or 'is this header too old' not in wrong.stdout:
        raise Failure(f'a plugin that needs 0.9 compiles with headers of 0.3:\n{wrong.stdout}')


def gate(options):
    tree = Tree(options.root)
    frozen_calls = ['frozen.echo', '{"a":1}', '{"a":1}', 'frozen.early', '{}', 'early', 'frozen.none', '{}', '-2',
                    'session:frozen.ws', 'hi', 'awake']
    runs = [('host_2', 'plugin_3.so', ['grown.call', '{}', '{"later":null}']),
            ('host_3', 'plugin_3.so', ['grown.call', '{}', '{"later":7}']),
            ('host_3', 'plugin_2.so', frozen_calls),
            ('host_2', 'plugin_2.so', frozen_calls)]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        build(tree, tool(options.cc), work)
        for host, plugin, calls in runs:
            must([work / host, work / plugin, *calls], f'{plugin} does not run on {host}')
    return f'{len(runs)} pairs of host and plugin'


if __name__ == '__main__':
    main(gate, arguments(__doc__))
