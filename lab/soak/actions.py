# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""The steps of a life, taken through the stock API."""

from collections.abc import Callable
import contextlib
import threading
import time
from typing import Any
import uuid

from keystoneauth1 import exceptions as auth_exceptions
from openstack import exceptions

from lab import bootstrap
from lab import cloud
from lab import demo
from lab.soak import presence
from lab.soak import steps

BOOT_SECONDS = 120.0
#: Between two questions how a server is, in seconds.
_INTERVAL = 0.6
#: What a region answers when central does not in time: on a busy machine too.
_TRY_AGAIN = 503
#: The same, as Nova hands it on.
_ASKS_AGAIN = 'Central Neutron did not answer'
#: How long a request is repeated while what it needs is away, in seconds.
_AWAY_SECONDS = 90.0


#: What an API that is away, or that refuses, makes of a request.
API_ERRORS = (exceptions.SDKException, auth_exceptions.ClientException)


class StepFailed(Exception):
    """A step was not answered as it should; the text says how."""


class _Again(Exception):
    """The step has to be taken once more; the text says why."""


class Tenant:
    """A project with a user of its own.

    :param lab: it is up
    """

    def __init__(self, lab: cloud.Lab, name: str) -> None:
        self.lab = lab
        self.name = f'{name}-{uuid.uuid4().hex[:6]}'
        with bootstrap.connect(lab.renderer, steps.CENTRAL) as admin:
            identity = admin.identity
            domain = identity.find_domain('Default')
            project = identity.create_project(
                name=self.name, domain_id=domain.id
            )
            user = identity.create_user(
                name=self.name,
                password=lab.renderer.password,
                domain_id=domain.id,
            )
            identity.assign_project_role_to_user(
                project.id, user.id, identity.find_role('member').id
            )
            self.project_id = str(project.id)
            self._user_id = user.id

    def at(self, place: str) -> Any:
        """Return a new connection to a place, as the tenant's user."""
        return bootstrap.connect(
            self.lab.renderer, place, self.name, self.name
        )

    def forget(self) -> None:
        """Delete the project and its user."""
        with bootstrap.connect(self.lab.renderer, steps.CENTRAL) as admin:
            admin.identity.delete_user(self._user_id)
            admin.identity.delete_project(self.project_id)


class Actions:
    """Takes the steps of one life, in one thread.

    :param at: connects to a place as the tenant
    :param external: ID of the external network
    :param prefix: of the names of all that is made
    :param away: whether a service is away on purpose, or has just come back
    """

    def __init__(
        self,
        lab: cloud.Lab,
        at: Callable[[str], Any],
        external: str,
        prefix: str,
        away: Callable[[], bool],
    ) -> None:
        self._lab = lab
        self._at = at
        self._external = external
        self._prefix = prefix
        self._away = away
        self._addresses: dict[str, str] = {}
        self._images: dict[str, str] = {}
        #: How many requests had to be made again.
        self.repeated = 0
        self.world = presence.World()
        #: What each is called in the APIs, by its name in the life.
        self.names: dict[str, str] = {}

    def take(self, step: steps.Step) -> None:
        """Take a step, and note what it made.

        A request is made again when the answer says that it should be, and
        while a service is away; what the first one has made all the same is
        found by its name.

        :raises StepFailed: when the answer is not what it should be
        """
        deadline = time.monotonic() + _AWAY_SECONDS
        repeated = False
        while True:
            try:
                made = self._once(step, repeated)
                break
            except _Again as exc:
                if time.monotonic() > deadline:
                    raise StepFailed(str(exc)) from exc
                repeated = True
                # The service is on its way back: there is no event of that.
                time.sleep(1.0)
        if step.action == steps.RENAME:
            self.names[step.name] = f'{self._prefix}-{step.value}'
        self.world.taken(step, made)

    def _once(self, step: steps.Step, repeated: bool) -> str:
        try:
            return self._do(step, repeated)
        except exceptions.NotFoundException as exc:
            if repeated and step.action in (steps.DELETE, steps.UNPLUG):
                return ''
            raise self._excused(exc) from exc
        except (*API_ERRORS, demo.DemoFailed) as exc:
            raise self._excused(exc) from exc

    def _excused(self, exc: Exception) -> Exception:
        """Return what is to be made of an error."""
        status = getattr(exc, 'status_code', None)
        text = f'{type(exc).__name__}: {exc}'
        # Between a delete in a region and central's hearing of it is a 409.
        late = status is None or int(status) >= 500 or int(status) == 409
        if status == _TRY_AGAIN or (late and self._away()):
            self.repeated += 1
            return _Again(text)
        return StepFailed(text)

    def _is_plugged(self, network: Any, step: steps.Step) -> bool:
        """Tell whether a request without an answer was carried out."""
        subnet_id = self._id(step.on[0])
        return any(
            fixed['subnet_id'] == subnet_id
            for port in network.ports(device_id=self._id(step.name))
            for fixed in port.fixed_ips
        )

    # -- one request --------------------------------------------------------

    def _do(self, step: steps.Step, repeated: bool) -> str:
        here = self._at(step.place)
        known = (step.kind, step.action)
        if step.kind == steps.SERVER:
            return self._server(here, step, repeated)
        if step.action == steps.CREATE and step.kind not in (
            steps.RULE,
            steps.FLOATING_IP,
        ):
            self.names[step.name] = f'{self._prefix}-{step.name}'
            if repeated and (found := self._found(here, step)):
                return found
        network = here.network
        match known:
            case (_, steps.CREATE):
                return self._create(network, step)
            case (_, steps.DELETE):
                self._delete(network, step)
            case (_, steps.RENAME):
                update = getattr(network, f'update_{_attribute(step.kind)}')
                name = f'{self._prefix}-{step.value}'
                update(self._id(step.name), name=name)
            case (_, steps.TAG):
                found = network.get_security_group(self._id(step.name))
                network.set_tags(found, [*found.tags, step.value])
            case (_, steps.PLUG):
                if repeated and self._is_plugged(network, step):
                    return ''
                network.add_interface_to_router(
                    self._id(step.name), subnet_id=self._id(step.on[0])
                )
            case (_, steps.UNPLUG):
                network.remove_interface_from_router(
                    self._id(step.name), subnet_id=self._id(step.on[0])
                )
            case (_, steps.OPEN):
                network.update_router(
                    self._id(step.name),
                    external_gateway_info={'network_id': self._external},
                )
            case (_, steps.CLOSE):
                network.update_router(
                    self._id(step.name), external_gateway_info=None
                )
        return ''

    def _id(self, name: str) -> str:
        return self.world[name].id

    def _found(self, here: Any, step: steps.Step) -> str:
        """Return the ID of what a request made whose answer was lost."""
        look = getattr(here.network, f'{_attribute(step.kind)}s')
        for one in look(name=self.names[step.name]):
            return str(one.id)
        return ''

    def _create(self, network: Any, step: steps.Step) -> str:
        name = self.names.get(step.name)
        on = [self._id(other) for other in step.on]
        match step.kind:
            case steps.NETWORK:
                hints = step.value.split(',') if step.value else []
                more = {'availability_zone_hints': hints} if hints else {}
                made = network.create_network(name=name, **more)
            case steps.SUBNET:
                made = network.create_subnet(
                    name=name, network_id=on[0], ip_version=4, cidr=step.value
                )
            case steps.PORT:
                more = {'security_group_ids': on[1:]} if on[1:] else {}
                made = network.create_port(name=name, network_id=on[0], **more)
            case steps.ROUTER:
                made = network.create_router(name=name)
            case steps.GROUP:
                made = network.create_security_group(name=name)
            case steps.RULE:
                made = self._rule(network, on[0], step.value)
            case steps.FLOATING_IP:
                found = list(network.ips(port_id=on[0]))
                made = (
                    found[0]
                    if found
                    else network.create_ip(
                        floating_network_id=self._external, port_id=on[0]
                    )
                )
        return str(made.id)

    @staticmethod
    def _rule(network: Any, group: str, protocol: str) -> Any:
        for one in network.security_group_rules(
            security_group_id=group, protocol=protocol
        ):
            return one
        return network.create_security_group_rule(
            security_group_id=group, direction='ingress', protocol=protocol
        )

    def _delete(self, network: Any, step: steps.Step) -> None:
        method = {steps.FLOATING_IP: 'delete_ip'}.get(
            step.kind, f'delete_{_attribute(step.kind)}'
        )
        getattr(network, method)(self._id(step.name), ignore_missing=False)

    # -- servers ------------------------------------------------------------

    def _server(self, here: Any, step: steps.Step, repeated: bool) -> str:
        match step.action:
            case steps.PING:
                told = self._addresses[step.on[0]]
                demo.ping(self._lab, self._id(step.name), told)
                return ''
            case steps.DELETE:
                here.compute.delete_server(
                    self._id(step.name), ignore_missing=repeated
                )
                self._await_gone(here, self._id(step.name))
                return ''
        name = f'{self._prefix}-{step.name}'
        if repeated:
            for one in here.compute.servers(name=f'^{name}$'):
                here.compute.delete_server(one.id)
                self._await_gone(here, one.id)
        server = self._boot(here, step, name)
        port = next(iter(here.network.ports(device_id=server.id)))
        self._addresses[step.name] = str(port.fixed_ips[0]['ip_address'])
        if len(step.on) == 1:
            # Nova made it: it is the server's own, and goes with it.
            port_name = presence.own_port(step.name)
            self.world.things[port_name] = presence.Thing(
                steps.PORT, port_name, str(port.id), step.on, step.place
            )
        return str(server.id)

    def _boot(self, here: Any, step: steps.Step, name: str) -> Any:
        if step.place not in self._images:
            image = here.image.find_image(bootstrap.IMAGE)
            self._images[step.place] = image.id
        nic = (
            {'port': self._id(step.on[1])}
            if len(step.on) > 1
            else {'uuid': self._id(step.on[0])}
        )
        server = here.compute.create_server(
            name=name,
            flavor_id='1',
            image_id=self._images[step.place],
            networks=[nic],
        )
        deadline = time.monotonic() + BOOT_SECONDS
        while server.status in (None, 'BUILD'):
            if time.monotonic() > deadline:
                raise exceptions.SDKException(
                    f'server {name} {server.id} is still being built'
                )
            time.sleep(_INTERVAL)
            server = here.compute.get_server(server.id)
        if server.status == 'ERROR' and _ASKS_AGAIN in str(server.fault):
            self.repeated += 1
            raise _Again(f'server {name} {server.id}: {server.fault}')
        if server.status != 'ACTIVE':
            raise exceptions.SDKException(
                f'server {name} {server.id} is {server.status}: {server.fault}'
            )
        return server

    @staticmethod
    def _await_gone(here: Any, server_id: str) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        with contextlib.suppress(exceptions.NotFoundException):
            while time.monotonic() < deadline:
                here.compute.get_server(server_id)
                time.sleep(_INTERVAL)
            raise exceptions.SDKException(f'server {server_id} stays')


def _attribute(kind: str) -> str:
    return kind.replace('-', '_')


class Connections:
    """Connections that one thread keeps, by place."""

    def __init__(self, connect: Callable[[str], Any]) -> None:
        self._connect = connect
        self._made = threading.local()

    def __call__(self, place: str) -> Any:
        """Return the thread's connection to a place."""
        kept = self._made.__dict__
        if place not in kept:
            kept[place] = self._connect(place)
        return kept[place]
