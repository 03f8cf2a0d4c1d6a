# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What was found, as test programs write it for others to read."""

from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree

from tricircle.cli.verifying.checks import Check
from tricircle.cli.verifying.judge import Outcome
from tricircle.cli.verifying.judge import Verdict

_SUITE: Final = 'multiregion networking verify'


def report(found: Mapping[Check, Outcome], seconds: float) -> str:
    """Return a JUnit document.

    :param seconds: how long it took
    """
    verdicts = [one.verdict for one in found.values()]
    suite = ElementTree.Element(
        'testsuite',
        name=_SUITE,
        tests=str(len(found)),
        failures=str(verdicts.count(Verdict.FAILED)),
        errors='0',
        skipped=str(verdicts.count(Verdict.UNPROVEN)),
        time=f'{seconds:.3f}',
    )
    for check, outcome in found.items():
        case = ElementTree.SubElement(
            suite,
            'testcase',
            classname=f'verify.{check.kind}',
            name=check.name,
            time=f'{(outcome.round_trip or 0.0) / 1000:.6f}',
        )
        if outcome.verdict is Verdict.FAILED:
            ElementTree.SubElement(case, 'failure', message=outcome.detail)
        elif outcome.verdict is Verdict.UNPROVEN:
            ElementTree.SubElement(case, 'skipped', message=outcome.detail)
    suites = ElementTree.Element('testsuites')
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(
        suites, encoding='unicode', xml_declaration=True
    )
