"""The promise to authors of plugins: the example of docs/plugins.md, under 60 lines, builds against include/limen alone and works."""
import os
import subprocess
import tempfile

from tests.api.runner import ROOT, Gateway
from tests.api.ws import Client

EXAMPLE = os.path.join(ROOT, 'docs/example/counter.c')
LINES_MAX = 60


def build_beside(build, folder, source):
    """A folder like a build folder, with this source among the plugins."""
    module = os.path.splitext(os.path.basename(source))[0] + '.so'
    os.symlink(os.path.join(build, 'limen'), os.path.join(folder, 'limen'))
    for kind in 'plugins', 'transports':
        os.makedirs(os.path.join(folder, 'modules', kind))
        for name in os.listdir(os.path.join(build, 'modules', kind)):
            os.symlink(os.path.realpath(os.path.join(build, 'modules', kind, name)), os.path.join(folder, 'modules', kind, name))
    libraries = subprocess.run(['pkg-config', '--cflags', '--libs', 'glib-2.0', 'jansson'], capture_output=True, text=True, check=True)
    subprocess.run(['cc', '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-Wl,-z,defs', '-I', os.path.join(ROOT, 'include'), source,
                    '-o', os.path.join(folder, 'modules/plugins', module), *libraries.stdout.split()], check=True)


def test_the_example(gateway):
    with open(EXAMPLE, encoding='utf-8') as f:
        assert len(f.readlines()) < LINES_MAX
    with tempfile.TemporaryDirectory() as folder:
        build_beside(os.path.dirname(os.path.realpath(gateway.process.args[0])), folder, EXAMPLE)
        other = Gateway(folder)
        try:
            client = Client(other.ws_port)
            session = client.create()
            handle = client.attach(session, 'acme.plugin.counter')
            ack = client.call(janus='message', session_id=session, handle_id=handle, body={'request': 'hello'})
            event = client.event(lambda e: e.get('transaction') == ack['transaction'])
            assert event['plugindata'] == {'plugin': 'acme.plugin.counter', 'data': {'counter': 'hello', 'packets': 0}}, event
            client.close()
        finally:
            assert other.stop() == 0, other.output()
