# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""The region's part of the core plugin."""

import functools
from typing import Any

from oslo_config import cfg

from tricircle.client import central
from tricircle.conf import client as client_conf
from tricircle.conf import local as local_conf
from tricircle.db import retries
from tricircle.extensions import tricircle_region_replicas
from tricircle.local import address_group
from tricircle.local import address_scope
from tricircle.local import floating_ip
from tricircle.local import kinds
from tricircle.local import subnet_pool
from tricircle.local.adoption import api as adoption_api
from tricircle.local.asking import elsewhere
from tricircle.local.asking import pull
from tricircle.local.asking import refused_documents
from tricircle.local.asking import visibility
from tricircle.local.engine import apply
from tricircle.local.engine import expected
from tricircle.local.engine import kinds as engine_kinds
from tricircle.local.engine import ledger
from tricircle.local.engine.api import release as release_api
from tricircle.local.engine.api import replicas as replica_api
from tricircle.local.engine.api import tunnels
from tricircle.local.engine.lease import watch
from tricircle.local.engine.owner import sharing
from tricircle.local.group import reads as group_reads
from tricircle.local.group import writes as group_writes
from tricircle.local.network import reads as network_reads
from tricircle.local.network import writes as network_writes
from tricircle.local.port import applier as port_applier
from tricircle.local.port import probes
from tricircle.local.port import reads as port_reads
from tricircle.local.port import report as port_report
from tricircle.local.port import tags
from tricircle.local.port import update as port_update
from tricircle.local.port import writes as port_writes
from tricircle.local.port.address import allocation
from tricircle.local.port.address import allocation_rows
from tricircle.local.port.address import guard
from tricircle.local.port.usage import release
from tricircle.local.process import database
from tricircle.local.process import region
from tricircle.local.process import service_plugins
from tricircle.local.qos import plugin as qos_plugin
from tricircle.local.qos import writes as qos_writes
from tricircle.local.router import in_central
from tricircle.local.router.notice import dhcp_agents
from tricircle.local.router.service import plugins
from tricircle.local.shadow import agent_addresses
from tricircle.local.shadow import agents as shadow_agents
from tricircle.local.telling import sender as outbox_sender
from tricircle.local.trunk import leaving as trunk_leaving
from tricircle.local.trunk import report as trunk_report
from tricircle.local.trunk import writes as trunk_writes

MECHANISM_DRIVER = 'tricircle_local'


class LocalPlugin(
    network_reads.NetworkReadsMixin,
    port_reads.PortReadsMixin,
    address_scope.PluginMixin,
    subnet_pool.PluginMixin,
    address_group.PluginMixin,
    group_reads.GroupReadsMixin,
    qos_writes.PolicyNamesMixin,
    port_writes.PortsMixin,
    network_writes.NetworkWritesMixin,
    group_writes.GroupWritesMixin,
    sharing.SharingMixin,
):
    """What Tricircle adds to the core plugin of a region.

    Stand it in front of the real core plugin's class: one object, so that
    every callback fires once.
    """

    #: What serves agents, in a process that does: Neutron's.
    endpoints: list[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        conf = cfg.CONF
        client_conf.register(conf)
        local_conf.register(conf)
        options = conf[local_conf.GROUP]
        region.name(conf)
        database.check_tables()
        region.watch_process()
        client = central.CentralClient(conf)
        engine_kinds.register(kinds.KINDS)
        self.puller = pull.Puller(conf, client, release.kept)
        self.elsewhere = elsewhere.Elsewhere(conf, client)
        self.allocator = allocation.Allocator(conf, client)
        self.port_updates = port_update.PortUpdates(conf, client)
        self.floating_ips_in_central = floating_ip.InCentral(conf, client)
        self.routers_in_central = in_central.InCentral(conf, client)
        self.port_forwardings_in_central = plugins.ForwardingsInCentral(
            conf, client
        )
        self.tag_changes = tags.TagChanges(conf, client)
        tags.watch()
        _add_mechanism_driver(conf)
        service_plugins.use_ours(conf)
        qos_plugin.use()
        super().__init__(*args, **kwargs)
        visibility.hide_shadow_ports()
        visibility.hide_half_made_networks()
        visibility.hide_members()
        expected.in_logs_of_the_api()
        retries.watch_neutron()
        apply.told_of_refusals[:] = [
            refused_documents.Teller(conf, client).tell
        ]
        watch.watch_transactions()
        agent_addresses.watch(conf)
        port_applier.before_deletion[:] = [trunk_leaving.leave]
        trunk_writes.subscribe()
        trunk_report.watch(LocalPlugin)
        # Kept: callbacks are held weakly.
        self.outbox_sender = outbox_sender.OutboxSender(
            conf,
            client,
            engine_kinds.senders(conf, client),
            port_report.Sender(conf, client).send,
            looks=(
                functools.partial(
                    allocation_rows.give_back_lost, options.allocation_grace
                ),
                functools.partial(ledger.purge, options.tombstone_time),
                shadow_agents.refresh,
            ),
        )
        self.outbox_sender.start_with_process()

    @property
    def supported_extension_aliases(self) -> list[str]:
        """Aliases of the real core plugin, and of the replica API."""
        aliases: list[str] = list(super().supported_extension_aliases)
        if tricircle_region_replicas.ALIAS not in aliases:
            aliases.append(tricircle_region_replicas.ALIAS)
        return aliases

    def set_ipam_backend(self) -> None:
        """Give out no address of a central network."""
        self.ipam = guard.GuardedIpamBackend()

    def _setup_rpc(self) -> None:
        """Serve agents, and expect what is refused to them."""
        super()._setup_rpc()
        self.endpoints = [expected.Endpoint(one) for one in self.endpoints]

    def _start_rpc_notifiers(self) -> None:
        """Tell DHCP agents what is of use to them."""
        super()._start_rpc_notifiers()
        dhcp_agents.use(self.agent_notifiers)

    def tricircle_extension_resources(self) -> list[Any]:
        """Return the API resources of the region's replica extension."""
        return [
            *replica_api.resources(),
            adoption_api.resource(),
            release_api.resource(),
            tunnels.resource(),
            probes.resource(),
        ]


def _add_mechanism_driver(conf: cfg.ConfigOpts) -> None:
    if 'ml2' not in conf:
        return
    drivers = list(conf.ml2.mechanism_drivers)
    if MECHANISM_DRIVER not in drivers:
        conf.set_override(
            'mechanism_drivers', [*drivers, MECHANISM_DRIVER], group='ml2'
        )
