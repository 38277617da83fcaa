"""Network namespaces: networks of a test's own, with random names, gone at the end whatever happens."""
import contextlib
import ctypes
import os
import secrets
import subprocess

CLONE_NEWNET = 0x40000000
HOME = '/proc/thread-self/ns/net'
LIBC = ctypes.CDLL(None, use_errno=True)


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, f'{" ".join(command)}: {done.stderr}'
    return done.stdout


def enter(fd):
    if LIBC.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), 'setns')


class Namespace:
    """For a with statement. Nothing but loopback is up at first."""

    def __init__(self):
        self.name = f'limen-{secrets.token_hex(4)}'

    def __enter__(self):
        run('ip', 'netns', 'add', self.name)
        self.ip('link', 'set', 'lo', 'up')
        return self

    def __exit__(self, *error):
        run('ip', 'netns', 'delete', self.name)

    def ip(self, *words):
        return run('ip', '-n', self.name, *words)

    def filter(self, rules):
        """rules: of nft, one a line; each stands for what leaves this namespace."""
        table = 'table inet limen {\n chain leaving {\n  type filter hook output priority 0;\n' + rules + '\n }\n}\n'
        run('ip', 'netns', 'exec', self.name, 'nft', '-f', '-', input=table)

    def address(self, interface, address):
        """IPv6 addresses are there at once, without looking for duplicates first."""
        self.ip('address', 'add', address, 'dev', interface, *(['nodad'] if ':' in address else []))

    def interface(self, name, *addresses):
        """An interface that is up and leads nowhere."""
        self.ip('link', 'add', name, 'type', 'veth', 'peer', 'name', f'{name}-end')
        for end in (f'{name}-end', name):
            self.ip('link', 'set', end, 'up')
        for address in addresses:
            self.address(name, address)

    def wire(self, name, other):
        """A cable between this namespace and another: an interface of the same name in both."""
        self.ip('link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', other.name)
        for end in (self, other):
            end.ip('link', 'set', name, 'up')

    @contextlib.contextmanager
    def inside(self):
        """The calling thread, and the programs that it starts, are in the namespace meanwhile."""
        home = os.open(HOME, os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f'/run/netns/{self.name}', os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter(there)
            yield
        finally:
            enter(home)
            os.close(there)
            os.close(home)
