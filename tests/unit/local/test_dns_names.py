# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Names of ports: whoever said one last, in central or here, is right."""

from typing import Any, ClassVar

from neutron.conf import common as common_config
from oslo_config import cfg

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import apply
from tricircle.local.engine import kinds
from tricircle.local.port import report
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.body import digest as digests
from tricircle.replica.document import Document

DRIVERS = ['port_security', 'subnet_dns_publish_fixed_ip']


class NamesTestCase(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        common_config.register_core_common_config_opts()
        cfg.CONF.set_override('dns_domain', 'example.org.')
        super().setUp()
        self.network, self.group = documents.network(), documents.group()
        self.apply(self.network, self.group)
        self.port_id = documents.new_id()

    def document(self, **said: Any) -> Document:
        """Return the next document of the port."""
        return documents.port(
            self.network, self.group, id=self.port_id, **said
        )

    def shown(self) -> Any:
        found = self.plugin.get_port(self.context, self.port_id)
        return found['dns_name']

    def rename(self, name: str, **more: Any) -> None:
        """Name the port here, as Nova does."""
        self.plugin.update_port(
            self.context, self.port_id, {'port': {'dns_name': name, **more}}
        )

    def report(self) -> messages.ReportBody:
        found = report.body_now(self.port_id, cfg.CONF)
        assert found is not None
        return found

    def told(self) -> tuple[str, list[str]]:
        """Return the name to tell central, and what that may have."""
        found = self.report()
        return found['dns_name'], found['dns_names_before']

    def tell(self) -> None:
        """Have central hear of the port."""
        report.note(self.port_id, self.report())


class TestNames(NamesTestCase):
    extension_drivers: ClassVar = DRIVERS

    def named_network(self) -> Document:
        """Bring a network with a domain here, whose ports are published."""
        network = documents.network()
        said = dict(network.body['network'], dns_domain='net.example.org.')
        subnets = [
            dict(one, dns_publish_fixed_ip=True)
            for one in network.body['subnets']
        ]
        self.apply(
            documents.later(network, {'network': said, 'subnets': subnets})
        )
        return network

    def test_domains_and_what_is_published_are_as_in_central(self) -> None:
        network = self.named_network()

        found = self.plugin.get_network(self.context, network.id)
        assert found['dns_domain'] == 'net.example.org.'
        for subnet_id in found['subnets']:
            subnet = self.plugin.get_subnet(self.context, subnet_id)
            assert subnet['dns_publish_fixed_ip'] is True

    def test_domains_that_central_takes_back_are_gone(self) -> None:
        network = self.named_network()

        self.apply(documents.later(network, {}))

        found = self.plugin.get_network(self.context, network.id)
        assert found['dns_domain'] == ''
        for subnet_id in found['subnets']:
            subnet = self.plugin.get_subnet(self.context, subnet_id)
            assert subnet['dns_publish_fixed_ip'] is False

    def test_a_port_has_the_name_that_central_says(self) -> None:
        self.apply(self.document(dns_name='www'))

        assert self.shown() == 'www'

    def test_a_name_changed_in_central_is_changed_here(self) -> None:
        self.apply(self.document(dns_name='www'))

        self.apply(self.document(dns_name='mail'))

        assert self.shown() == 'mail'

    def test_central_takes_a_name_away_that_it_had(self) -> None:
        self.apply(self.document(dns_name='www'))

        self.apply(self.document())

        assert self.shown() == ''

    def test_a_name_given_before_central_had_one_stays(self) -> None:
        self.apply(self.document())
        self.rename('vm-1')

        self.apply(self.document(name='other'))

        assert self.shown() == 'vm-1'

    def test_what_is_here_is_read_back_as_central_has_it(self) -> None:
        document = self.document(dns_name='www')
        self.apply(document)
        self.rename('vm-1')

        found = kinds.applier(types.PORT).observe(
            self.context, self.port_id, None
        )

        assert found is not None
        assert digests.digest(found[0]) == document.digest

    def test_what_was_told_is_read_back(self) -> None:
        self.apply(self.document())
        self.rename('vm-1')
        self.tell()

        found = kinds.applier(types.PORT).observe(
            self.context, self.port_id, None
        )

        assert found is not None
        assert found[0]['port']['dns_name'] == 'vm-1'

    def test_a_name_given_here_is_told_to_central(self) -> None:
        self.apply(self.document())

        self.rename('vm-1')

        assert self.waiting() == {(types.PORT, self.port_id)}
        assert self.told() == ('vm-1', ['', 'vm-1'])

    def test_a_name_given_with_a_host_is_told_to_central(self) -> None:
        self.apply(self.document(dns_name='www'))

        self.rename('vm-1', device_id='vm', device_owner='compute:az')

        assert self.told() == ('vm-1', ['www', 'vm-1'])

    def test_an_older_name_of_central_does_not_undo_it(self) -> None:
        self.apply(self.document(dns_name='www'))
        self.rename('vm-1')

        self.apply(self.document(dns_name='www', name='other'))

        assert self.shown() == 'vm-1'
        assert self.told()[0] == 'vm-1'

    def test_a_name_that_central_has_heard_of_can_be_changed_back(
        self,
    ) -> None:
        self.apply(self.document(dns_name='www'))
        self.rename('vm-1')
        self.tell()

        self.apply(self.document(dns_name='www', name='other'))

        assert self.shown() == 'www'

    def test_a_later_name_of_central_is_followed(self) -> None:
        self.apply(self.document(dns_name='www'))
        self.rename('vm-1')

        self.apply(self.document(dns_name='mail'))

        assert self.shown() == 'mail'
        assert self.told() == ('mail', ['mail'])

    def test_once_told_only_that_name_is_what_central_may_have(self) -> None:
        self.apply(self.document())
        self.rename('vm-1')

        self.tell()

        assert self.told() == ('vm-1', ['vm-1'])

    def test_all_names_that_central_may_have_heard_are_told(self) -> None:
        self.apply(self.document())
        self.rename('vm-1')

        self.rename('vm-2')

        assert self.told() == ('vm-2', ['', 'vm-1', 'vm-2'])

    def test_no_more_names_are_kept_than_central_takes(self) -> None:
        self.apply(self.document())

        for number in range(2 * messages.DNS_NAMES):
            self.rename(f'vm-{number}')

        before = self.told()[1]
        assert len(before) == messages.DNS_NAMES
        assert (before[0], before[-1]) == ('', self.shown())

    def test_whoever_names_it_while_a_document_arrives_loses_nothing(
        self,
    ) -> None:
        steps, number = [1], 0
        while number < steps[0]:
            number += 1
            with self.subTest(number):
                self.port_id = documents.new_id()
                address = f'10.0.0.{20 + number}'
                said = {
                    'mac_address': f'fa:16:3e:00:01:{number:02x}',
                    'fixed_ips': [
                        {
                            'subnet_id': self.network.body['subnets'][0]['id'],
                            'ip_address': address,
                        }
                    ],
                }
                self.apply(self.document(dns_name='www', **said))
                later = self.document(dns_name='mail', name='other', **said)
                steps = self.at_step(
                    number, lambda _document: self.rename('vm-1'), later
                )

                apply.apply(self.context, later)

                self.undo_step()
                shown = self.shown()
                if shown == 'vm-1':
                    # Else central would take it for older than its own.
                    assert 'mail' in self.told()[1]
                else:
                    assert shown == 'mail'
        assert number > 1


class TestShadows(NamesTestCase):
    """An agent's DNS answers by the ports that its region has."""

    extension_drivers: ClassVar = DRIVERS

    def shadows(self, before: Document | None = None, **said: Any) -> Document:
        """Return the shadow port's document, or the one after that."""
        if before is None:
            before = documents.shadows(self.network, self.group)
        (port,) = before.body['ports']
        self.port_id = port['id']
        return documents.later(before, {'ports': [{**port, **said}]})

    def test_a_port_elsewhere_has_the_name_that_central_says(self) -> None:
        self.apply(self.shadows(dns_name='far'))

        assert self.shown() == 'far'

    def test_its_changes_arrive(self) -> None:
        first = self.shadows()
        self.apply(first)

        self.apply(self.shadows(first, dns_name='far'))

        assert self.shown() == 'far'

    def test_one_that_central_takes_back_is_gone(self) -> None:
        first = self.shadows()
        self.apply(self.shadows(first, dns_name='far'))

        self.apply(self.shadows(first))

        assert self.shown() == ''


class TestNoNames(NamesTestCase):
    def test_a_port_elsewhere_is_here_without_its_name(self) -> None:
        shadows = documents.shadows(self.network, self.group)
        (port,) = shadows.body['ports']
        named = {'ports': [{**port, 'dns_name': 'far'}]}

        self.apply(documents.later(shadows, named))

        found = self.plugin.get_port(self.context, port['id'])
        assert 'dns_name' not in found

    def test_what_a_region_cannot_say_is_named(self) -> None:
        applied = apply.apply(
            self.context,
            self.document(dns_name='www', dns_domain='a.example.org.'),
        )

        assert sorted(applied['omitted']) == [
            'port.dns_domain',
            'port.dns_name',
        ]
        assert applied['desired'] == applied['digest']

    def test_the_domain_of_a_network_is_named(self) -> None:
        network = documents.network()

        applied = apply.apply(
            self.context,
            documents.changed(network, dns_domain='net.example.org.'),
        )

        assert applied['omitted'] == ['network.dns_domain']
        assert applied['desired'] == applied['digest']

    def test_nothing_is_told_of_names(self) -> None:
        self.apply(self.document())

        assert not {'dns_name', 'dns_names_before'} & set(self.report())
