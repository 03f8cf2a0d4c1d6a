# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where the lab keeps its files: all of them in one folder."""

from collections.abc import Iterable
import dataclasses
import os
from pathlib import Path
import shutil

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / '.venv'
BIN = VENV / 'bin'
#: Says where the lab's folder is, in place of .lab in the checkout.
VARIABLE = 'TRICIRCLE_LAB_HOME'


@dataclasses.dataclass(frozen=True)
class Layout:
    """The folder of a lab. To ask where something is makes nothing.

    :ivar home: the folder itself
    """

    home: Path

    @classmethod
    def usual(cls) -> 'Layout':
        """Return the folder that the environment names, or the usual one."""
        return cls(Path(os.environ.get(VARIABLE) or ROOT / '.lab').absolute())

    @property
    def state(self) -> Path:
        """What is known of the lab that is up, or was last."""
        return self.home / 'state.json'

    @property
    def supervisor_socket(self) -> Path:
        """Where supervisord listens."""
        return self.home / 'run' / 'supervisor.sock'

    @property
    def lock(self) -> Path:
        """Held by whoever brings the lab up or down."""
        return self.home / 'lock'

    @property
    def whole(self) -> Path:
        """There from the end of ``up`` to the beginning of ``down``."""
        return self.run('whole')

    @property
    def cache(self) -> Path:
        """Databases that were prepared before."""
        return self.home / 'cache'

    @property
    def password(self) -> Path:
        """The password of all users of the lab."""
        return self.home / 'password'

    @property
    def authority(self) -> Path:
        """Certificate of the authority that signs the others."""
        return self.home / 'tls' / 'ca.pem'

    def certificate(self, service: str) -> Path:
        """Certificate that a service shows."""
        return self.home / 'tls' / f'{service}.crt'

    def key(self, service: str) -> Path:
        """Private key of a service's certificate."""
        return self.home / 'tls' / f'{service}.key'

    @property
    def xjob_user(self) -> Path:
        """Options that tell regions which user XJob is.

        Kept with Keystone's keys and its database, which has made the ID up.
        """
        return self.etc('keystone') / 'xjob-user.conf'

    def etc(self, service: str) -> Path:
        """Folder of a service's configuration files."""
        return self.home / 'etc' / service

    def log(self, service: str) -> Path:
        """Log of a service."""
        return self.home / 'log' / f'{service}.log'

    def earlier_log(self, service: str) -> Path:
        """What a service logged before it was started last."""
        return self.home / 'log' / 'earlier' / f'{service}.log'

    @property
    def outages(self) -> Path:
        """When services were killed or stopped on purpose."""
        return self.home / 'log' / 'outages'

    def run(self, name: str) -> Path:
        """File that only lasts as long as the lab runs."""
        return self.home / 'run' / name

    def var(self, *parts: str) -> Path:
        """Folder of what a service keeps."""
        return self.home.joinpath('var', *parts)

    def make(self) -> None:
        """Make the folders that everything else is put in."""
        for name in ('etc', 'log', 'log/earlier', 'run', 'var'):
            (self.home / name).mkdir(parents=True, exist_ok=True)

    def begin_log(self, service: str) -> None:
        """Begin a log anew; what is in it stays readable elsewhere."""
        log = self.log(service)
        if log.exists() and (said := log.read_bytes()):
            with self.earlier_log(service).open('ab') as earlier:
                earlier.write(said)
        log.write_text('')

    def forget_logs(self, services: Iterable[str]) -> None:
        """Remove what services logged in a lab that is no longer up."""
        for name in services:
            self.log(name).unlink(missing_ok=True)
            self.earlier_log(name).unlink(missing_ok=True)
        self.outages.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the lab's files, and the folder if nothing else is in it.

        It may be one that the user has other things in.
        """
        for name in ('etc', 'log', 'run', 'var', 'cache', 'tls'):
            shutil.rmtree(self.home / name, ignore_errors=True)
        for path in (self.state, self.password, self.lock):
            path.unlink(missing_ok=True)
        if self.home.is_dir() and not any(self.home.iterdir()):
            self.home.rmdir()


def environment() -> dict[str, str]:
    """Return the environment of every process of the lab."""
    return {
        'PATH': f'{BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:'
        '/sbin:/bin',
        'LANG': 'C.UTF-8',
        'HOME': '/root',
        'PYTHONUNBUFFERED': '1',
        'PYTHONWARNINGS': 'ignore',
        # The lab's package, for the wrappers in it, and what Python runs
        # before any program.
        'PYTHONPATH': f'{ROOT}:{ROOT / "lab" / "every_python"}',
        'OVS_RUNDIR': '/run/openvswitch',
    }
