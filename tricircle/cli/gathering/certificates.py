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

import datetime
import socket
import ssl
from typing import Any
from urllib import parse

from cryptography import x509

from tricircle.cli.gathering import deadlines
from tricircle.cli.gathering import manifest


def look(
    url: str, verify: bool | str, deadline: deadlines.Deadline
) -> dict[str, Any] | None:
    """Return what the certificate of an endpoint says, None without TLS.

    :param verify: as requests has it: whether, or the file of authorities
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
        socket.create_connection(where, deadline.left()) as plain,
        lenient.wrap_socket(plain, server_hostname=where[0]) as wrapped,
    ):
        version = wrapped.version()
        der = wrapped.getpeercert(binary_form=True)
    if not der:
        raise ssl.SSLError('the endpoint shows no certificate')
    return {
        'url': url,
        'version': version,
        'invalid': _invalid(where, verify, deadline),
        **_said(der),
    }


def _said(der: bytes) -> dict[str, Any]:
    """Return what a certificate says of itself."""
    found = x509.load_der_x509_certificate(der)
    left = found.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return {
        'subject': found.subject.rfc4514_string(),
        'issuer': found.issuer.rfc4514_string(),
        'not_before': manifest.moment(found.not_valid_before_utc.timestamp()),
        'not_after': manifest.moment(found.not_valid_after_utc.timestamp()),
        'days_left': round(left.total_seconds() / 86400, 1),
    }


def _invalid(
    where: tuple[str, int], verify: bool | str, deadline: deadlines.Deadline
) -> str | None:
    """Return why the client does not trust a certificate, None if it does."""
    if verify is False:
        return 'not looked at: the client was told to trust all'
    strict = ssl.create_default_context(
        cafile=verify if isinstance(verify, str) else None
    )
    try:
        with (
            socket.create_connection(where, deadline.left()) as plain,
            strict.wrap_socket(plain, server_hostname=where[0]),
        ):
            return None
    except ssl.SSLCertVerificationError as exc:
        return exc.verify_message
