# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The tables of all metrics in the documentation.

``python -m tests.unit.metrics_page`` writes them anew; a test says when they
are not as the code is.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from prometheus_client import registry

from tricircle.agent.probing import report
from tricircle.api.monitoring import metrics as api_metrics
from tricircle.xjob import metrics as xjob_metrics

_FOLDER: Final = Path(__file__).parents[2] / 'doc' / 'source' / 'admin'

_HEAD: Final = """.. list-table::
   :header-rows: 1
   :widths: 45 10 20 25

   * - Name
     - Type
     - Labels
     - What
"""


def registries() -> dict[Path, registry.CollectorRegistry]:
    """Return what each program tells, by the page that says so."""
    xjob = registry.CollectorRegistry()
    for one in xjob_metrics.REGISTRY._collector_to_names:
        xjob.register(one)
    xjob.register(xjob_metrics.LaneCollector(dict))
    agent = registry.CollectorRegistry()
    agent.register(report.Report([], 60.0))
    return {
        _FOLDER / 'metrics-agent.inc': agent,
        _FOLDER / 'metrics-api.inc': api_metrics.Metrics().registry,
        _FOLDER / 'metrics-xjob.inc': xjob,
    }


def families(told: registry.CollectorRegistry) -> Iterator[tuple[Any, Any]]:
    """Yield what there is, and the names of its labels."""
    for one in told._collector_to_names:
        # That of the process itself describes nothing.
        describe = getattr(one, 'describe', None)
        for family in () if describe is None else describe():
            named = family if hasattr(family, '_labelnames') else one
            yield family, named._labelnames  # type: ignore[attr-defined]


def names() -> set[str]:
    """Return all names that an expression may have."""
    return {
        name
        for told in registries().values()
        for name in told._names_to_collectors
        if name.startswith('tricircle_')
    }


def page(told: registry.CollectorRegistry) -> str:
    """Return the table of one program."""
    rows = []
    for family, labels in families(told):
        name = family.name + ('_total' if family.type == 'counter' else '')
        labels = ', '.join(f'``{one}``' for one in labels)
        rows.append(
            f'   * - ``{name}``\n     - {family.type}\n'
            f'     - {labels}\n     - {family.documentation}\n'
        )
    text = _HEAD + ''.join(sorted(rows))
    return '\n'.join(line.rstrip() for line in text.splitlines()) + '\n'


if __name__ == '__main__':
    for path, told in registries().items():
        path.write_text(page(told))
