"""A call of a real browser to the echotest: call.mjs as a child."""
import json
import os
import subprocess
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 90


class Call:
    """For a with statement, in the namespace of the calling thread. Its video plays when the block begins."""

    def __init__(self, server):
        self.process = subprocess.Popen(['node', os.path.join(FOLDER, 'call.mjs'), server], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        try:
            self.first = self.read()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, kind, value, trace):
        errors = self.end()
        if kind is None:
            assert self.process.returncode == 0, errors

    def end(self):
        """Lets the browser go; what it complained about."""
        try:
            return self.process.communicate(timeout=PATIENCE)[1]
        except subprocess.TimeoutExpired:
            self.process.terminate()
            return self.process.communicate()[1]

    def read(self):
        line = self.process.stdout.readline()
        assert line, f'the call failed: {self.process.stderr.read()}'
        return json.loads(line)

    def look(self):
        """Waits until more frames have come. How the call is now."""
        self.process.stdin.write('look\n')
        self.process.stdin.flush()
        return self.read()

    def look_until(self, test):
        end = time.monotonic() + PATIENCE
        while True:
            now = self.look()
            if test(now):
                return now
            assert time.monotonic() < end, now
