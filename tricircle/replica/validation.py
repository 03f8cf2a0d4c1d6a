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

from typing import Final

import jsonschema

from tricircle.replica import border
from tricircle.replica import kinds
from tricircle.replica.document import Document


class InvalidBody(ValueError):
    """A body that breaks its schema; the text says where and why."""


_VALIDATORS: Final = {
    one.type: jsonschema.Draft202012Validator(one.schema)
    for one in kinds.KINDS
}


def validate(document: Document) -> None:
    """Check the body of one document, not of those it requires.

    :raises InvalidBody: with the path of what is wrong
    """
    validator = _VALIDATORS.get(document.type)
    if validator is None:
        raise InvalidBody(f'{document.type!r} is no type of replica')
    error = jsonschema.exceptions.best_match(
        validator.iter_errors(dict(document.body))
    )
    if error is not None:
        path = '.'.join(str(part) for part in error.absolute_path)
        raise InvalidBody(
            f'{path or "body"}: {border.shortened(error.message)}'
        )
