# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Options of XJob."""

from oslo_config import cfg

OPTS = [
    cfg.StrOpt(
        'host',
        default='',
        help='Name of this process in leases and logs; the host name and '
        'the process ID when empty. It must differ for each process.',
    ),
    cfg.IntOpt(
        'workers',
        default=8,
        min=1,
        help='Jobs carried out at the same time for one region.',
    ),
    cfg.FloatOpt(
        'worker_sleep_time',
        default=5.0,
        min=0.05,
        mutable=True,
        help='Most seconds between two looks at the journal when nothing '
        'wakes XJob up. It looks sooner for what it knows to be due then.',
    ),
    cfg.FloatOpt(
        'job_run_expire',
        default=60.0,
        min=2.0,
        mutable=True,
        help='Seconds after which the job of a process that died is taken '
        'over by another.',
    ),
    cfg.FloatOpt(
        'retry_interval',
        default=1.0,
        min=0.05,
        mutable=True,
        help='Seconds before a failed job is tried again; doubled with each '
        'failure.',
    ),
    cfg.FloatOpt(
        'max_retry_interval',
        default=300.0,
        min=0.1,
        mutable=True,
        help='Most seconds before a failed job is tried again.',
    ),
    cfg.IntOpt(
        'breaker_failures',
        default=3,
        min=1,
        help='Calls in a row without an answer after which a region counts '
        'as away and is only probed.',
    ),
    cfg.FloatOpt(
        'max_probe_interval',
        default=30.0,
        min=0.1,
        mutable=True,
        help='Most seconds between two probes of a region that is away.',
    ),
    cfg.FloatOpt(
        'probe_interval',
        default=5.0,
        min=0.0,
        max=30.0,
        help='Seconds between two looks whether a region answers that has '
        'nothing to do; 0 for none, and then nobody is told whether it '
        'does.',
    ),
    cfg.FloatOpt(
        'sweep_interval',
        default=600.0,
        min=0.0,
        mutable=True,
        help='Seconds between two comparisons of a region with central; 0 '
        'for none.',
    ),
    cfg.FloatOpt(
        'sweep_rate',
        default=0.0,
        min=0.0,
        mutable=True,
        help='Most replicas of a region that are compared in a second, on '
        'the average; 0 for as many as it answers for. They are compared 50 '
        'at a time.',
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register the options of XJob; safe to repeat."""
    conf.register_opts(OPTS)


def try_files(conf: cfg.ConfigOpts) -> None:
    """Read the files of these options anew, and drop what was read.

    :raises cfg.Error: an option that may change is not right there, or a
        file cannot be read
    """
    tried = cfg.ConfigOpts()
    register(tried)
    tried(
        [
            *(f'--config-file={one}' for one in conf.config_file or ()),
            *(f'--config-dir={one}' for one in conf.config_dir or ()),
        ],
        default_config_files=[],
        default_config_dirs=[],
    )
    for one in OPTS:
        if one.mutable:
            tried[one.dest]
