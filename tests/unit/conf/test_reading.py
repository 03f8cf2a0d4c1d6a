# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""A configuration that cannot be read is said in one line."""

from oslo_config import cfg
import pytest

from tricircle.conf import api
from tricircle.conf import reading


@pytest.fixture
def read(tmp_path):
    def from_text(text):
        file = tmp_path / 'api.conf'
        file.write_bytes(text)
        conf = cfg.ConfigOpts()
        api.register(conf)
        conf.register_opts([cfg.IntOpt('number')], group='group')
        conf.register_cli_opts([cfg.BoolOpt('debug')])
        reading.read(conf, ['--config-file', str(file)], 'tricircle-api')
        return conf

    return from_text


def test_values_are_those_of_the_file(read):
    assert read(b'[DEFAULT]\nbind_port = 19998\n').bind_port == 19998


@pytest.mark.parametrize(
    'text, said',
    [
        (
            b'[DEFAULT]\nbind_port = x\n',
            r'\[DEFAULT\] bind_port in .*api.conf',
        ),
        (b'[group]\nnumber = x\n', r'\[group\] number in .*api.conf is not'),
        (b'[DEFAULT]\nbind_host = $no\n', r'\[DEFAULT\] bind_host'),
        (b'[DEFAULT]\ndebug = maybe\n', r'\[DEFAULT\] debug is not valid'),
        (b'[DEFAULT\n', r'api.conf:1, .*Correct the line'),
        (b'\xff\n', r'api.conf is no UTF-8 text'),
    ],
)
def test_what_is_wrong_is_said_with_its_place(read, text, said):
    with pytest.raises(reading.ConfigurationError, match=said):
        read(text)


def test_a_line_that_cannot_be_parsed_is_not_repeated(read):
    """There may be a password in it."""
    with pytest.raises(reading.ConfigurationError) as failure:
        read(b'[DEFAULT]\nadmin_password secret\n')

    assert 'secret' not in str(failure.value)


@pytest.mark.parametrize('name', ['missing.conf', '.'])
def test_a_file_that_is_none_is_named(tmp_path, name):
    with pytest.raises(reading.ConfigurationError, match='configuration file'):
        reading.read(
            cfg.ConfigOpts(),
            ['--config-file', str(tmp_path / name)],
            'tricircle-api',
        )
