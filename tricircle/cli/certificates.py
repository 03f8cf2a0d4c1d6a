# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The certificate of an endpoint, also one that nobody should trust."""

from collections.abc import Callable
import dataclasses
import datetime
import os
import socket
import ssl
from urllib import parse

from cryptography import x509
from requests import utils


@dataclasses.dataclass(frozen=True)
class Certificate:
    """What an endpoint shows of itself.

    :ivar version: of TLS
    :ivar begins: from when on it is valid
    :ivar ends: until when it is valid
    :ivar invalid: why the client does not trust it, None if it does
    """

    version: str | None
    subject: str
    issuer: str
    begins: datetime.datetime
    ends: datetime.datetime
    invalid: str | None


def look(
    url: str, verify: bool | str, left: Callable[[], float]
) -> Certificate | None:
    """Return the certificate of an endpoint, None without TLS.

    :param verify: as requests has it: whether, or the file of authorities
    :param left: returns how many seconds a step may take
    :raises OSError: when nobody answers, or not with TLS
    """
    parts = parse.urlsplit(url)
    if parts.scheme != 'https' or not parts.hostname:
        return None
    where = (parts.hostname, parts.port or 443)
    # What it says is wanted all the more when it is not valid.
    lenient = ssl.create_default_context()
    lenient.check_hostname = False
    lenient.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(where, left()) as plain,
        lenient.wrap_socket(plain, server_hostname=where[0]) as wrapped,
    ):
        version = wrapped.version()
        der = wrapped.getpeercert(binary_form=True)
    if not der:
        raise ssl.SSLError('the endpoint shows no certificate')
    found = x509.load_der_x509_certificate(der)
    return Certificate(
        version,
        found.subject.rfc4514_string(),
        found.issuer.rfc4514_string(),
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        _invalid(where, verify, left),
    )


def _strict(verify: bool | str) -> ssl.SSLContext:
    """Return what trusts whom requests trusts."""
    authorities = (
        verify
        if isinstance(verify, str)
        else os.environ.get('REQUESTS_CA_BUNDLE')
        or os.environ.get('CURL_CA_BUNDLE')
        or utils.DEFAULT_CA_BUNDLE_PATH
    )
    if os.path.isdir(authorities):
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)


def _invalid(
    where: tuple[str, int], verify: bool | str, left: Callable[[], float]
) -> str | None:
    """Return why the client does not trust a certificate, None if it does."""
    if verify is False:
        return 'not looked at: the client was told to trust all'
    strict = _strict(verify)
    try:
        with (
            socket.create_connection(where, left()) as plain,
            strict.wrap_socket(plain, server_hostname=where[0]),
        ):
            return None
    except ssl.SSLCertVerificationError as exc:
        return exc.verify_message
