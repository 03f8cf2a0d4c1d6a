# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How long things wait for each other, in seconds.

Here stands what one part waits because of what another does, each with its
reason: who changes one sees the others. What an operator could want to set
is an option; how long an exchange takes at most is said where it is made.
"""

from typing import Final

# Leases. What holds one renews it, or ends well before.

#: For which a worker of a region may change a replica without renewing. One
#: that cannot be known to be dead holds the replica up so long.
REPLICA_LEASE: Final = 15.0
#: After which that is renewed: one that was lost is noticed in good time.
REPLICA_LEASE_YOUNG: Final = REPLICA_LEASE / 5
#: Waited for another holder: a region must answer within 8 s.
REPLICA_LEASE_AWAITED: Final = 6.0
#: For which a sender may hold what central must hear: ten requests, each to a
#: central that answers just within [client] central_timeout.
REPORT_LEASE: Final = 60.0

# Until central hears of what happens in a region; what is about to follow is
# then said with it.

#: A port is about to be bound: most are within that time.
BINDING_AWAITED: Final = 1.0
#: A port was pulled: most are bound at once, and that is reported anyhow.
USE_AWAITED: Final = 1.0
#: Central holds a port for an agent that is gone: it may be about to give it
#: back.
AGENT_GONE: Final = 1.0
#: A project's default group is here without its rules: the port that it was
#: made for usually brings them, also when the region is busy.
DEFAULT_GROUP_AWAITED: Final = 6.0
#: What central may have allocated is given back: a request that it is still
#: working on must be over by then.
ALLOCATION_OVER: Final = 2.0

# Reports.

#: Before a report that failed is sent again, the first time and at most:
#: central may be away for long, and is told soon when it is back.
REPORT_AGAIN: Final = 0.5
REPORT_AGAIN_LONGEST: Final = 60.0
#: Between two looks at what nobody else in a region looks after, at most.
HOUSEKEEPING: Final = 20.0
#: Between two looks whether a central that is away is back: it is not found
#: away for longer than a user notices.
CENTRAL_AWAY: Final = 2.0

# What a request waits for at most, beside its own work.

#: The end of a port's use, for central to hear of it: what it kept, such as
#: its network or its trunk, is then free.
END_OF_USE_TOLD: Final = 2.0
#: A request that fails, for central to hear why.
REFUSAL_TOLD: Final = 1.0
#: An L3 agent, for its port: it asks again, but not soon.
AGENT_PORT_AWAITED: Final = 3.0

# Adoption of a network of a region's own.

#: For which whoever has found a network to be the region's own may rely on it
#: without another look.
OWN_NETWORK_SURE: Final = 3.0
#: Between the announcement that central is about to take a network over and
#: that: whoever found it before relies on it no more, or has looked again.
ADOPTION_ANNOUNCED: Final = 2 * OWN_NETWORK_SURE
#: For which an announcement is kept that nothing came of.
ANNOUNCEMENT_KEPT: Final = 86400.0

# What is kept because somebody may be about to use it.

#: A port that was brought to a region and that nothing uses: an instance is
#: being started.
PORT_KEPT: Final = 30.0
#: A floating IP's port without a floating IP, whose row comes after it. A
#: router that loses its port meanwhile is a clean 404 for the caller, and
#: needs none.
FLOATING_IP_AWAITED: Final = 60.0
#: A group that went to a region with another document: until the region has
#: confirmed it.
GROUP_CONFIRMED: Final = 30.0

# The worker of central.

#: For which a worker holds a job; it is renewed while the job runs. After
#: that another process takes over from one that died on another host.
WORK_LEASE: Final = 60.0
#: Before a job that failed is tried again, the first time and at most.
WORK_AGAIN: Final = 1.0
WORK_AGAIN_LONGEST: Final = 300.0
#: For a job to end when the process ends.
WORKER_ENDS: Final = 5.0
#: Between looks for jobs of central under a name that is not this process's,
#: as of a program that was configured otherwise.
OTHER_NAMES: Final = 60.0

# What is told to Prometheus, and to load balancers.

#: For which what was read of the regions is told to who asks next, at least:
#: several servers ask, and none of them needs a token.
METRICS_KEPT: Final = 2.0
#: As many times as the reading took, if that is longer: half a million entries
#: of a journal take seconds, and who asks often is to keep no database busy.
METRICS_KEPT_TIMES: Final = 10.0
#: For another who reads it already: Prometheus waits for 10 s.
METRICS_AWAITED: Final = 5.0

# XJob.

#: For which what XJob found of a region counts, when it says no more.
CONTACT_TRUSTED: Final = 60.0
#: Between two looks at a region that did not answer, until it counts as away.
CONTACT_AGAIN: Final = 1.0

#: Between two questions to a region what it runs, and two notes of central
#: and XJob of what they run themselves.
RELEASE_AGAIN: Final = 60.0
#: For which such a note counts. Longer than a start takes, and than central's
#: worker may be at one job.
RELEASE_TRUSTED: Final = 5 * RELEASE_AGAIN
#: For which it is kept.
RELEASE_KEPT: Final = 86400.0

#: Between two questions to a region how its tunnels are: each is a list of its
#: agents, which report every half minute and have several tunnels probed in a
#: minute.
DATA_PATH_AGAIN: Final = 60.0
#: For which an answer counts.
DATA_PATH_TRUSTED: Final = 3 * DATA_PATH_AGAIN

#: Before a router is laid out again for a piece that goes on lacking
#: something, at most.
PLAN_AGAIN_LONGEST: Final = 60.0

#: Before central is asked again for what it could not do, at most: many may
#: wait for it.
CENTRAL_ASKED_AGAIN: Final = 60.0
#: For what runs to end when the process is told to stop: soon enough for who
#: told it not to kill it.
XJOB_ENDS: Final = 8.0
