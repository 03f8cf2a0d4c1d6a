# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The manual installation guide says what the lab does when it starts."""

import configparser
import itertools
from pathlib import Path
import re
import shlex

import pytest

from lab import bootstrap
from lab import cloud
from lab import databases
from lab import layout as layouts
from lab import topology as topologies
from tests.lab import guides
from tests.unit.lab import shipped

PAGE = guides.DOCUMENTS / 'install' / 'manual.rst'
#: A row of a table of options: the option, and what is said of its value.
ROW = re.compile(
    r'^ +\* - ``\[(\w+)\] (\w+)``\n +- (.*?)(?=^ +\* -|^$)',
    re.MULTILINE | re.DOTALL,
)
INI = re.compile(r'^ +\.\. code-block:: ini\n\n((?: +.*\n|\n)+)', re.MULTILINE)
#: What stands for a path, a number or an address of the reader's own.
PATH = re.compile(r'^\S*[/.]\S*$')


@pytest.fixture
def lab(tmp_path: Path) -> cloud.Lab:
    """A lab whose configuration files are there, and nothing else."""
    found = cloud.load(layouts.Layout(tmp_path / 'lab'), shipped.DEFAULT)
    found.renderer.install()
    return found


def read(path: Path) -> configparser.ConfigParser:
    # Options may be there several times; those of DEFAULT are no defaults.
    parser = configparser.ConfigParser(
        interpolation=None, default_section='none', strict=False
    )
    with path.open() as lines:
        parser.read_file(lines)
    return parser


def sections() -> tuple[str, str, str]:
    """Return what the page says of every host, of central, of a region."""
    text = PAGE.read_text()
    general, rest = text.split('\nCentral\n-------\n')
    central, region = rest.split('\nEach region\n-----------\n')
    return general, central, region


def options(text: str) -> dict[tuple[str, str], str]:
    return {
        (section, name): ' '.join(said.split())
        for section, name, said in ROW.findall(text)
    }


@pytest.mark.parametrize(
    ('number', 'folder', 'count'),
    [(1, 'neutron-central', 13), (2, 'neutron-RegionOne', 10)],
)
def test_options_have_the_values_that_the_guide_says(
    lab: cloud.Lab, number: int, folder: str, count: int
) -> None:
    said = options(sections()[number])
    assert len(said) == count
    found = read(lab.layout.etc(folder) / 'neutron.conf')
    for file in lab.layout.etc(folder).glob('ml2_conf.ini'):
        found.read_dict(read(file))
    for (section, name), text in said.items():
        value = found[section][name]
        literal = re.match(r'``([^`]+)``', text)
        if text == 'empty':
            assert value == ''
        elif text.startswith('the same as'):
            same = re.search(r'\[(\w+)\] (\w+)', text)
            assert same is not None
            assert value == found[same[1]][same[2]]
        elif literal is not None:
            assert value == literal[1]
        else:
            assert text.endswith('ML2 when unset')
            assert value == 'neutron.plugins.ml2.plugin.Ml2Plugin'


def test_the_agent_has_the_options_that_the_guide_lists(
    lab: cloud.Lab,
) -> None:
    (listing,) = INI.findall(sections()[2])
    said = configparser.ConfigParser()
    said.read_string(re.sub('^ +', '', listing, flags=re.MULTILINE))
    found = read(lab.layout.etc('host-h1') / 'openvswitch_agent.ini')
    assert said.sections() == ['ovs', 'agent', 'tricircle_region_guard']
    for section in said.sections():
        for name, value in said[section].items():
            assert name in found[section]
            # Addresses are the reader's own.
            if not PATH.match(value):
                assert found[section][name] == value


def shape(command: str) -> list[str]:
    """Return a command without what is the reader's own."""
    program, *rest = shlex.split(command)
    return [
        Path(program).name,
        *('PATH' if PATH.match(word) else word for word in rest),
    ]


def of_programs(*names: str) -> list[list[str]]:
    """Return the guide's commands of some programs, in their order."""
    found = [
        shape(one)
        for one in guides.commands(PAGE)
        if re.match(r'[\w-]+', one)[0] in names  # type: ignore[index]
    ]
    assert {one[0] for one in found} == set(names)
    return found


def test_tables_are_made_by_the_commands_of_the_guide(lab: cloud.Lab) -> None:
    made = databases.migrations(lab.layout, lab.topology)
    performed = [
        shape(command)
        for name in ('neutron', databases.TRICIRCLE)
        for command in made[name]
    ]
    said = of_programs('neutron-db-manage', 'tricircle-db-manage')
    # Neutron's once more for the region, whose database the lab copies.
    assert said == [*performed, performed[0]]


def test_daemons_are_started_by_the_commands_of_the_guide(
    lab: cloud.Lab,
) -> None:
    assert of_programs('tricircle-api', 'tricircle-xjob') == [
        shape(shlex.join(lab.services[name].argv))
        for name in ('tricircle-api', 'tricircle-xjob')
    ]


def test_central_is_started_by_the_command_of_the_guide(
    lab: cloud.Lab,
) -> None:
    (said,) = (one for one in guides.commands(PAGE) if one.startswith('uwsgi'))
    _program, *words = shlex.split(said.replace('\\\n', ' '))
    argv = lab.services['neutron-server-central'].argv
    assert Path(argv[0]).name == 'uwsgi'
    found = read(Path(argv[-1]))['uwsgi']
    for option, following in itertools.pairwise([*words, '--']):
        if option.startswith('--'):
            given = 'true' if following.startswith('--') else following
            assert option[2:] in found
            # How many and where is the reader's choice.
            assert given.isdigit() or given in (
                '$service_host:9696',
                found[option[2:]],
            )
    environment = lab.services['neutron-server-central'].environment
    for command in guides.commands(PAGE):
        if command.startswith('export '):
            assert command.split()[1].partition('=')[0] in environment


def openstack(*words: str) -> list[list[str]]:
    """Return the arguments of the guide's commands of the stock client."""
    found = []
    for command in guides.commands(PAGE):
        whole = command.replace('\\\n', ' ')
        # Also what a variable takes from a command's output.
        for line in re.findall(r'openstack [^)]+', whole):
            argv = shlex.split(line)[1:]
            while argv[:1] == ['--os-region-name']:
                argv = argv[2:]
            if argv[: len(words)] == list(words):
                found.append(argv[len(words) :])
    assert found
    return found


def value(argv: list[str], option: str) -> str:
    return argv[argv.index(option) + 1]


def test_the_administrator_api_is_registered_as_the_guide_says(
    lab: cloud.Lab,
) -> None:
    made = [user for user, *_ in openstack('user', 'create')]
    roles = openstack('role', 'add')
    assert [value(role, '--user') for role in roles] == made
    users = bootstrap.service_users(lab.topology)
    for role in roles:
        assert value(role, '--project') == 'service'
        assert users[value(role, '--user')] == [role[-1]]
    assert made == [
        bootstrap.acting_user(region)
        for region in (topologies.CENTRAL, lab.topology.regions[0].name)
    ]

    (service,) = openstack('service', 'create')
    ((_name, kind, region, url),) = (
        one
        for one in bootstrap.endpoints(lab.topology)
        if one[0] == value(service, '--name')
    )
    assert service[0] == kind
    created = openstack('endpoint', 'create')
    assert sorted(one[1] for one in created) == sorted(bootstrap.INTERFACES)
    assert {value(one, '--region') for one in created} == {region}
    (said,) = (
        command.partition('=')[2]
        for command in guides.commands(PAGE)
        if command.startswith('service_url=')
    )
    assert said.replace('$service_host', '172.30.0.10') == url


def test_pods_are_made_as_the_guide_says(lab: cloud.Lab) -> None:
    created = openstack('multiregion', 'networking', 'pod', 'create')
    said = {
        value(one, '--region-name'): (
            value(one, '--availability-zone')
            if '--availability-zone' in one
            else ''
        )
        for one in created
    }
    made = bootstrap.zones(lab.topology)
    assert {name: made[name] for name in said} == said
    assert list(said) == [topologies.CENTRAL, lab.topology.regions[0].name]
    shown = openstack('user', 'show')
    assert [user for user, *_ in shown[-len(created) :]] == [
        bootstrap.acting_user(name) for name in said
    ]
    assert all('--service-user' in one for one in created)


def test_it_is_installed_as_the_guide_says() -> None:
    (said,) = of_programs('pip')
    script = (layouts.ROOT / 'tools' / 'make-venv').read_text()
    # With what tests and the lab need besides.
    assert said[-2:] == ['-e', 'PATH']
    assert said[:-2] == ['pip', 'install', '-c', 'PATH']
    assert "-c constraints.txt -e '.[" in script


def test_the_samples_are_those_that_the_generators_write() -> None:
    generators = [
        layouts.ROOT / re.sub('.*=', '', command)
        for command in guides.commands(PAGE)
        if command.startswith('oslo-config-generator')
    ]
    written = {read(one)['DEFAULT']['output_file'] for one in generators}
    copied = {
        command.split()[1]
        for command in guides.commands(PAGE)
        if command.startswith('cp ')
    }
    assert copied == written
    assert len(written) == 2
