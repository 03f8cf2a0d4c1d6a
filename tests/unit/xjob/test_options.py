# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Options that XJob reads again when it is told to."""

from pathlib import Path
import signal
import threading

from oslo_config import cfg
import pytest

from tricircle.conf import xjob as xjob_conf
from tricircle.xjob import daemon


class Reading:
    """An XJob whose options are in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.write(retry_interval=1.0)
        self.conf = cfg.ConfigOpts()
        xjob_conf.register(self.conf)
        self.conf(['--config-file', str(path)], project='tricircle')
        self.daemon = daemon.Daemon(self.conf)

    def write(self, **options: object) -> None:
        lines = [f'{name} = {value}\n' for name, value in options.items()]
        self._path.write_text(''.join(['[DEFAULT]\n', *lines]))

    def read_again(self) -> None:
        self.daemon._have_options_read()
        self.daemon._read_options_again()


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path / 'xjob.conf')


def test_what_the_file_says_now_counts(reading: Reading) -> None:
    reading.write(retry_interval=7.0)

    reading.read_again()

    assert reading.conf.retry_interval == 7.0


def test_what_the_file_says_no_more_is_the_default(reading: Reading) -> None:
    reading.write(max_retry_interval=7.0)
    reading.read_again()

    reading.write()
    reading.read_again()

    assert reading.conf.max_retry_interval == 300.0


def test_what_takes_a_restart_stays(reading: Reading) -> None:
    reading.write(workers=3)

    reading.read_again()

    assert reading.conf.workers == 8


@pytest.mark.parametrize('value', ['soon', '-1'])
def test_what_cannot_be_stays_as_it_was(
    reading: Reading, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    reading.write(retry_interval=value)

    reading.read_again()

    assert reading.conf.retry_interval == 1.0
    assert 'retry_interval' in caplog.text


def test_a_file_that_is_none_changes_nothing(
    reading: Reading, caplog: pytest.LogCaptureFixture
) -> None:
    reading._path.write_text('no options')

    reading.read_again()

    assert reading.conf.retry_interval == 1.0
    assert 'stay as they are' in caplog.text


def test_the_signal_has_them_read_by_the_loop(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGHUP)
    handled: dict[int, object] = {}
    monkeypatch.setattr(
        signal, 'signal', lambda number, act: handled.update({number: act})
    )
    monkeypatch.setattr(threading.Thread, 'start', lambda _thread: None)
    looks = []

    def look() -> float:
        looks.append(reading.conf.retry_interval)
        if len(looks) == 1:
            reading.write(retry_interval=7.0)
            handled[signal.SIGHUP](signal.SIGHUP, None)  # type: ignore[operator]
        else:
            reading.daemon._end()
        return 60.0

    monkeypatch.setattr(reading.daemon, '_look_at_journal', look)
    monkeypatch.setattr(reading.daemon, '_look_at_regions', lambda: None)

    reading.daemon.run()

    assert looks == [1.0, 7.0]
    assert signal.getsignal(signal.SIGHUP) is before
