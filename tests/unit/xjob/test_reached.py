# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What follows when a region has another thing than it was sent."""

from typing import cast

import pytest

from tricircle.journal.job import Job
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation
from tricircle.xjob.job import reached


def omitted(
    attempts: int, is_reached: bool = False, **answer: list[str]
) -> set[str]:
    """Return what is omitted after a region's answer to a network."""
    document = Document(
        type=types.NETWORK,
        id='net',
        region='RegionOne',
        generation=Generation(1, 1),
        body={'network': {'mtu': 1450}},
        omitted=('network.dns_domain',),
    )
    job = Job(
        'id',
        types.NETWORK,
        'net',
        'RegionOne',
        Generation(1, 1),
        attempts,
        'xjob',
    )
    applied = messages.AppliedBody(
        id='net',
        type=types.NETWORK,
        epoch=1,
        counter=1,
        digest=document.digest if is_reached else 'another',
        desired=document.digest,
        omitted=['network.tags'],
    )
    answered = cast('messages.AppliedBody', {**applied, **answer})
    return reached.omitted(job, document, answered)


def test_what_both_could_not_do_is_omitted():
    assert omitted(0, is_reached=True) == {
        'network.dns_domain',
        'network.tags',
    }


@pytest.mark.parametrize('attempts', [0, 2])
def test_what_a_region_has_otherwise_is_sent_again(attempts):
    with pytest.raises(
        reached.NotReached, match=r'RegionOne has network net .*: network\.mtu'
    ):
        omitted(attempts, differs=['network.mtu'])


def test_an_older_region_does_not_say_what_it_has_otherwise():
    with pytest.raises(reached.NotReached, match=r'than it was to be$'):
        omitted(0)


def test_what_a_region_goes_on_having_otherwise_is_omitted():
    assert omitted(3, differs=['network.mtu']) == {
        'network.dns_domain',
        'network.tags',
        'network.mtu',
    }
