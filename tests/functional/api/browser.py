# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A Chromium without a window, through a pipe in its DevTools protocol."""

import base64
import collections
import itertools
import json
import os
from pathlib import Path
import queue
import shutil
import subprocess
import threading
from typing import Any, Final

#: What the program is called, here and there.
_NAMES: Final = ('chromium', 'chromium-browser', 'google-chrome')
_SECONDS: Final = 40.0


def program() -> str | None:
    """Return the path of a Chromium, None when there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


class Failed(Exception):
    """The browser, or a script in it, says no."""


class Browser:
    """One page in one Chromium.

    :ivar events: what the browser told, by method
    """

    def __init__(self, path: str, profile: Path) -> None:
        self.events: dict[str, list[Any]] = collections.defaultdict(list)
        self._ids = itertools.count(1)
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._session: str | None = None
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        self._process = subprocess.Popen(
            [
                # It reads from 3 and writes to 4, which nothing else here
                # is to have taken.
                *('/bin/bash', '-c'),
                f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}',
                *('chromium', path),
                '--headless=new',
                '--remote-debugging-pipe',
                f'--user-data-dir={profile}',
                # Root has no sandbox, and small machines no /dev/shm.
                *('--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'),
                '--no-first-run',
                '--disable-background-networking',
                '--disable-component-update',
                '--disable-extensions',
                '--window-size=1400,900',
                'about:blank',
            ],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        threading.Thread(target=self._read, daemon=True).start()
        (target,) = (
            one
            for one in self.ask('Target.getTargets')['targetInfos']
            if one['type'] == 'page'
        )
        self._session = self.ask(
            'Target.attachToTarget', targetId=target['targetId'], flatten=True
        )['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self.ask(f'{domain}.enable')

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._out)

    def _read(self) -> None:
        with os.fdopen(self._in, 'rb') as source:
            text = b''
            while chunk := source.read1(1 << 20):
                *whole, text = (text + chunk).split(b'\0')
                for one in map(json.loads, whole):
                    if 'id' in one:
                        self._answers.put(one)
                    else:
                        self.events[one['method']].append(one['params'])

    def ask(self, method: str, **parameters: Any) -> Any:
        """Return what the browser answers."""
        wanted: dict[str, Any] = {
            'id': next(self._ids),
            'method': method,
            'params': parameters,
        }
        if self._session is not None:
            wanted['sessionId'] = self._session
        os.write(self._out, json.dumps(wanted).encode() + b'\0')
        answer = self._answers.get(timeout=2 * _SECONDS)
        if 'error' in answer:
            raise Failed(f'{method}: {answer["error"]}')
        return answer['result']

    def run(self, script: str) -> Any:
        """Return the value of an expression."""
        answer = self.ask(
            'Runtime.evaluate',
            expression=script,
            returnByValue=True,
            awaitPromise=True,
        )
        if 'exceptionDetails' in answer:
            raise Failed(f'{script}: {answer["exceptionDetails"]}')
        return answer['result'].get('value')

    def wait(self, script: str) -> Any:
        """Return the value of an expression as soon as it is true."""
        value = self.run(
            f"""new Promise((resolve) => {{
                const ends = performance.now() + {_SECONDS * 1000};
                const look = () => {{
                    const value = {script};
                    if (value || performance.now() > ends) {{
                        resolve(value);
                    }} else {{
                        setTimeout(look, 10);
                    }}
                }};
                look();
            }})"""
        )
        if not value:
            raise Failed(f'{script} did not become true')
        return value

    def go(self, url: str) -> None:
        """Load a page, and forget what was told before."""
        self.events.clear()
        self.ask('Page.navigate', url=url)
        self.wait(f"""document.readyState === 'complete'
            && location.href === {json.dumps(url)}""")

    def key(self, name: str, code: int, text: str = '') -> None:
        """Press a key."""
        for kind in ('keyDown', 'keyUp'):
            self.ask(
                'Input.dispatchKeyEvent',
                type=kind,
                key=name,
                code=name,
                windowsVirtualKeyCode=code,
                **({'text': text} if text and kind == 'keyDown' else {}),
            )

    def screenshot(self) -> bytes:
        """Return what it shows, as PNG."""
        found = self.ask('Page.captureScreenshot', format='png')['data']
        return base64.b64decode(found)

    def said(self) -> list[str]:
        """Return errors and warnings that the page led to."""
        logs = [
            one['entry']['text']
            for one in self.events['Log.entryAdded']
            if one['entry']['level'] in ('error', 'warning')
        ]
        return logs + [
            str(one['exceptionDetails'])
            for one in self.events['Runtime.exceptionThrown']
        ]

    def asked(self) -> set[str]:
        """Return the URLs that it asked for."""
        return {
            one['request']['url']
            for one in self.events['Network.requestWillBeSent']
        }
