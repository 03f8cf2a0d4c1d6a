# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which database it is."""

import pytest

from tricircle.db import session

URL = 'mysql+pymysql://root:a@127.0.0.1/neutron?charset=utf8'


@pytest.mark.parametrize(
    'other',
    [
        'mysql+pymysql://tricircle:b@127.0.0.1/neutron',
        'mysql://root@localhost:3306/neutron?charset=utf8mb4',
        'mariadb+pymysql://root@127.0.0.1:3306/neutron',
    ],
)
def test_driver_credentials_and_options_make_no_difference(other):
    assert session.same_database(URL, other)


@pytest.mark.parametrize(
    'other',
    [
        'mysql+pymysql://root:a@127.0.0.1/tricircle',
        'mysql+pymysql://root:a@10.0.0.1/neutron',
        'mysql+pymysql://root:a@127.0.0.1:3307/neutron',
        'postgresql://root:a@127.0.0.1/neutron',
        'mysql+pymysql://root:a@/neutron?unix_socket=/run/other.sock',
    ],
)
def test_another_database_is_told_apart(other):
    assert not session.same_database(URL, other)
