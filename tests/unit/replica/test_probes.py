# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Lists of probes, and what hosts say of them."""

from typing import Any

import pytest

from tricircle.replica import probes

_ECHO = probes.Probe(probes.Kind.PING, '198.18.0.5', 56)


def test_what_is_packed_is_read_again() -> None:
    wanted = (
        _ECHO,
        probes.Probe(probes.Kind.PING, '2001:2::5', 1402),
        probes.Probe(probes.Kind.DHCP4),
        probes.Probe(probes.Kind.DHCP6),
    )

    assert probes.read(probes.profile(wanted)[probes.KEY]) == wanted


@pytest.mark.parametrize(
    'packed',
    [
        None,
        'ping',
        {},
        [_ECHO.packed()] * (probes.MOST + 1),
        [['run', 'reboot', 1]],
        [['dhcp4', 'more']],
        [['ping', '198.18.0.5']],
        [['ping', '198.18.0.5', '56']],
        [['ping', '198.18.0.5', True]],
        [['ping', '198.18.0.5', 7]],
        [['ping', '198.18.0.5', 9001]],
        [['ping', 'host.example', 56]],
        [['ping', '-f', 56]],
        [['ping', '224.0.0.1', 56]],
        [['ping', 'ff02::1', 56]],
        [['ping', '255.255.255.255', 56]],
        [['ping', '127.0.0.1', 56]],
        [['ping', '::1', 56]],
        [['ping', 'fe80::1%eth0', 56]],
        [['ping', '2001:2::5%eth0', 56]],
        [['ping', '0.0.0.0', 56]],
    ],
)
def test_what_is_no_probe_is_refused(packed: Any) -> None:
    with pytest.raises(probes.InvalidProbes):
        probes.read(packed)


def test_as_many_probes_as_a_port_may_have_fit_its_profile() -> None:
    longest = probes.Probe(
        probes.Kind.PING, '2001:2:0:ff:f816:3eff:feff:ffff', 9000
    )
    text = str(probes.profile([longest] * probes.MOST))

    assert len(text) < 4095


def test_results_are_read_as_they_were_packed() -> None:
    told = {
        'one': probes.Result(3, (1.5, None, ['fa:16:3e:00:00:01'])),
        'two': probes.Result(0, error='no bridge'),
    }

    packed = {key: one.packed() for key, one in told.items()}

    assert probes.read_results(packed) == told


@pytest.mark.parametrize('told', [None, [], {'one': 'up'}, {'one': ['1', []]}])
def test_what_a_host_says_in_another_way_is_left_out(told: Any) -> None:
    assert probes.read_results(told) == {}
