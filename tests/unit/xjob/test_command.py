# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What ``tricircle-xjob --sweep`` tells an operator."""

from collections.abc import Callable

from oslo_config import cfg
import pytest

from tricircle.client import region as region_client
from tricircle.cmd import xjob
from tricircle.replica import types
from tricircle.xjob.job import sweep

Swept = Callable[[sweep.Summary], None]


@pytest.fixture
def sweeping(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Swept], tuple[int, str]]:
    """Sweep RegionOne in a way; return the exit code and what is printed."""

    def run(swept: Swept) -> tuple[int, str]:
        monkeypatch.setattr(sweep, 'known_regions', lambda: ['RegionOne'])
        monkeypatch.setattr(region_client, 'RegionClient', lambda *_: None)
        monkeypatch.setattr(
            sweep, 'sweep', lambda client, summary, held: swept(summary)
        )
        conf = cfg.ConfigOpts()
        conf.register_opt(cfg.MultiStrOpt('region', default=[]))
        conf([])
        code = xjob._sweep(conf)
        return code, capsys.readouterr().out

    return run


def one_port_differs(summary: sweep.Summary) -> None:
    summary.compared[types.PORT] = 3
    summary.found.append((types.PORT, 'p1', 'differs'))


def stops_answering(summary: sweep.Summary) -> None:
    one_port_differs(summary)
    raise region_client.RegionError('RegionOne', 'is away')


def answers_nothing(summary: sweep.Summary) -> None:
    raise region_client.RegionError('RegionOne', 'is away')


def test_what_differs_is_printed(sweeping) -> None:
    code, printed = sweeping(one_port_differs)
    assert code == 0
    assert printed == (
        'RegionOne ... 1 differences (port 3)\n  port p1 differs\n'
    )


def test_what_was_found_before_a_region_went_away_is_printed(
    sweeping,
) -> None:
    code, printed = sweeping(stops_answering)
    assert code == 1
    assert 'not compared to the end' in printed
    assert printed.endswith('1 differences (port 3)\n  port p1 differs\n')


def test_a_region_that_answers_nothing_is_named(sweeping) -> None:
    code, printed = sweeping(answers_nothing)
    assert code == 1
    assert printed.startswith('RegionOne ... not compared: ')
