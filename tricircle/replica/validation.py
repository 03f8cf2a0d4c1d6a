# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Bodies are checked by the schemas of their kinds.

Those say what a region relies on. Keys they do not name are let through:
central may be one version ahead.
"""

from collections.abc import Callable, Mapping
import functools
from typing import Any, Final
import uuid

import jsonschema
import netaddr

from tricircle.replica import border
from tricircle.replica import kinds
from tricircle.replica.document import Document

_FORMATS: Final = jsonschema.FormatChecker(())
#: What is netaddr's error, or comes of a text that is nothing of the kind.
_NO_FORMAT: Final = (netaddr.AddrFormatError, ValueError)


def _is(kind: Callable[..., Any], text: Any) -> bool:
    # What is no text another rule refuses, or lets pass.
    return not isinstance(text, str) or bool(kind(text) is not None)


@_FORMATS.checks('address', _NO_FORMAT)
def _is_address(text: Any) -> bool:
    return _is(
        functools.partial(netaddr.IPAddress, flags=netaddr.INET_PTON), text
    )


@_FORMATS.checks('cidr', _NO_FORMAT)
def _is_cidr(text: Any) -> bool:
    return _is(netaddr.IPNetwork, text)


@_FORMATS.checks('uuid', _NO_FORMAT)
def _is_uuid(text: Any) -> bool:
    return _is(uuid.UUID, text)


class InvalidBody(ValueError):
    """A body that breaks its schema; the text says where and why."""


_VALIDATORS: Final = {
    one.type: jsonschema.Draft202012Validator(
        one.schema, format_checker=_FORMATS
    )
    for one in kinds.KINDS
}


_TOLD: Final = {
    one.type: jsonschema.Draft202012Validator(one.told)
    for one in kinds.KINDS
    if one.told is not None
}


def validate(document: Document) -> None:
    """Check one document, not those it requires.

    Its body, and what it says that the region told.

    :raises InvalidBody: with the path of what is wrong
    """
    validator = _VALIDATORS.get(document.type)
    if validator is None:
        raise InvalidBody(
            f'{border.shortened(repr(document.type))} is no type of replica'
        )
    _check(validator, document.body, 'body')
    if document.told and document.type in _TOLD:
        _check(_TOLD[document.type], document.told, 'told')
    named = kinds.BY_TYPE[document.type].id_of(document.body)
    if named != document.id:
        raise InvalidBody(f'body: it is of {border.shortened(named)}')


def _check(
    validator: jsonschema.Draft202012Validator,
    said: Mapping[str, Any],
    name: str,
) -> None:
    error = jsonschema.exceptions.best_match(validator.iter_errors(dict(said)))
    if error is not None:
        path = '.'.join(str(part) for part in error.absolute_path)
        raise InvalidBody(f'{path or name}: {border.shortened(error.message)}')
