# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Reading the configuration of a program, and saying what is wrong with it."""

import argparse
from collections.abc import Iterator
import contextlib
import io
import pathlib
import re
import sys
from typing import Any

from oslo_config import cfg
from oslo_log import log as logging

_INVALID = 'is not valid: '
# How oslo.config says where a value comes from.
_FILE = re.compile(r"detail='([^']*)'")
# How it says so of an option that the command line has as well.
_ARGUMENT = re.compile(r'argument --([\w-]+): (.*)')
# How it quotes a line that it cannot parse; there may be a password in it.
_QUOTED = re.compile(r""": ('.*'|".*")$""", re.DOTALL)


class ConfigurationError(RuntimeError):
    """A configuration that no program can work with.

    The text names the file or the option, and what to do about it.
    """


def read(
    conf: cfg.ConfigOpts,
    argv: list[str],
    prog: str,
    files: list[str] | None = None,
) -> None:
    """Read the configuration of a program, every value of it.

    oslo.config looks at a value when somebody asks for it; then the program
    would run for hours before it met the one that it cannot use.

    :param files: read when `argv` names none; None for the usual places
    :raises ConfigurationError: it cannot be read, or a value is wrong
    """
    with _explained(argv, files or []):
        conf(argv, project='tricircle', prog=prog, default_config_files=files)
    for name in conf:
        value = _value(conf, None, name)
        if isinstance(value, cfg.ConfigOpts.GroupAttr):
            for option in value:
                _value(conf, name, option)


def set_up_logging(conf: cfg.ConfigOpts, prog: str) -> None:
    """Begin to log as configured.

    :raises ConfigurationError: the log cannot be written where it should be
    """
    try:
        logging.setup(conf, prog)
    except logging.LogConfigError as exc:
        raise ConfigurationError(
            f'[DEFAULT] log_config_append: {exc}'
        ) from exc
    except OSError as exc:
        raise ConfigurationError(
            f'[DEFAULT] log_file or log_dir: {exc}. Make it writable for '
            'the user of the program, or correct the option.'
        ) from exc


@contextlib.contextmanager
def _explained(argv: list[str], files: list[str]) -> Iterator[None]:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            yield
    except cfg.ConfigFilesNotFoundError as exc:
        named = ', '.join(exc.config_files)
        raise ConfigurationError(
            f'There is no configuration file {named}: correct --config-file.'
        ) from exc
    except cfg.ConfigFilesPermissionDeniedError as exc:
        named = ', '.join(exc.config_files)
        raise ConfigurationError(
            f'The configuration file {named} may not be read: make it '
            'readable for the user of the program.'
        ) from exc
    except cfg.ConfigFileParseError as exc:
        what = _QUOTED.sub('', str(exc.msg))
        raise ConfigurationError(
            f'A configuration file cannot be parsed: {what}. Correct the line.'
        ) from exc
    except cfg.Error as exc:
        raise ConfigurationError(str(exc)) from exc
    except SystemExit as exc:
        found = _ARGUMENT.fullmatch(said.getvalue().strip())
        if found is None:
            # How to call the program.
            sys.stderr.write(said.getvalue())
            raise
        name = found[1].replace('-', '_')
        raise ConfigurationError(
            f'[DEFAULT] {name} {_INVALID}{found[2]}'
        ) from exc
    except UnicodeDecodeError as exc:
        raise ConfigurationError(
            f'The configuration file {_garbled(argv, files)} is no UTF-8 '
            f'text: {exc.reason} at byte {exc.start}.'
        ) from exc
    except OSError as exc:
        raise ConfigurationError(
            f'A configuration file cannot be read: {exc}. Correct '
            '--config-file or --config-dir.'
        ) from exc


def _garbled(argv: list[str], files: list[str]) -> str:
    """Return which file is no text: the decoder does not say."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('--config-file', action='append', default=[])
    named = parser.parse_known_args(argv)[0].config_file
    for one in named or files:
        try:
            pathlib.Path(one).read_text('utf-8')
        except UnicodeDecodeError:
            return str(one)
        except OSError:
            continue
    return 'in --config-dir'


def _value(conf: cfg.ConfigOpts, group: str | None, name: str) -> Any:
    try:
        return conf[name] if group is None else conf[group][name]
    except (cfg.Error, ValueError) as exc:
        raise _invalid(group, name, exc) from exc


def _invalid(
    group: str | None, name: str, exc: Exception
) -> ConfigurationError:
    found = _FILE.search(str(exc))
    where = f' in {found[1]}' if found else ''
    reason = str(exc).rpartition(_INVALID)[2]
    return ConfigurationError(
        f'[{group or "DEFAULT"}] {name}{where} {_INVALID}{reason}'
    )
