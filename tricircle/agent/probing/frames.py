# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a probe looks like. Pure."""

import secrets
import struct
from typing import Final, NamedTuple

#: IEEE's for local experiments: neither IP nor ARP, so that a frame that goes
#: astray is nothing to anybody.
ETHERTYPE: Final = 0x88B5
#: Where probes go; the other host's flow sends them back to ANSWER. Both are
#: locally administered, and no port of Neutron's has such an address.
QUESTION: Final = '02:74:72:69:00:01'
ANSWER: Final = '02:74:72:69:00:02'
#: The least packet: what fills an Ethernet frame of 60 bytes.
LEAST: Final = 46
#: How much of an answer must be seen to know it, in bytes.
HEAD: Final = 64

_ETHERNET: Final = struct.Struct('!6s6sH')
_NUMBERS: Final = struct.Struct('!4sQQ')
_MAGIC: Final = b'tcpb'
_MOST_NUMBER: Final = 1 << 64


class Mark(NamedTuple):
    """What tells one probe from all others.

    :ivar secret: nobody but the host that is asked can know it
    :ivar number: counts the probes of this process
    """

    secret: int
    number: int


def mark(number: int) -> Mark:
    """Return a mark with a secret of its own."""
    return Mark(secrets.randbelow(_MOST_NUMBER), number)


def question(marked: Mark, packet: int) -> bytes:
    """Return a frame to send.

    Its sender's address is random: hosts and routers choose among several
    ways by what is in the frame, and instances' packets take all of them.

    :param packet: bytes of the frame without its Ethernet header, which is
        what an instance's MTU counts; not less than LEAST.
    """
    sender = b'\x06' + secrets.token_bytes(5)
    body = _NUMBERS.pack(_MAGIC, *marked)
    head = _ETHERNET.pack(_address(QUESTION), sender, ETHERTYPE)
    return head + body.ljust(packet, b'\0')


def answered(frame: bytes) -> Mark | None:
    """Return what an answer, or its first HEAD bytes, answers.

    :returns: None for what is no answer.
    """
    if len(frame) < _ETHERNET.size + _NUMBERS.size:
        return None
    receiver, _, kind = _ETHERNET.unpack_from(frame)
    magic, *numbers = _NUMBERS.unpack_from(frame, _ETHERNET.size)
    if (receiver, kind, magic) != (_address(ANSWER), ETHERTYPE, _MAGIC):
        return None
    return Mark(*numbers)


def _address(text: str) -> bytes:
    return bytes.fromhex(text.replace(':', ''))
