# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Diagrams of the code, drawn as the documentation is built.

A directive's text says who sends what to whom, or which folder stands on
which; the role ``at`` names a file. What they name of the code is looked for
there, and the build fails when that is gone. HTML gets an SVG in its text;
any other output gets the directive's own words.
"""

import ast
from collections.abc import Iterable, Iterator
import dataclasses
from pathlib import Path
import re
from typing import Any
from xml.sax import saxutils

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.docutils import SphinxRole

PACKAGE = 'tricircle'
ROOT = Path(__file__).resolve().parents[3] / PACKAGE

#: Pixels: a picture's width; a line of text; what a character takes of it.
WIDTH, LINE, CHARACTER = 720, 14, 6.3
_STYLE = (
    'max-width:100%;height:auto;font-family:sans-serif;font-size:12px;'
    'fill:currentColor'
)


class Unknown(Exception):
    """Something in a diagram is not as the code is."""


# What is named of the code.


def _file(parts: list[str]) -> Path | None:
    path = ROOT.joinpath(*parts)
    if path.with_suffix('.py').is_file():
        return path.with_suffix('.py')
    return path / '__init__.py' if path.is_dir() else None


def _defined(body: Iterable[ast.stmt]) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for node in body:
        match node:
            case ast.ClassDef() | ast.FunctionDef():
                found[node.name] = node
            case ast.Assign(targets=[ast.Name(id=name)]):
                found[name] = node
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = node
    return found


def check_name(name: str) -> None:
    """See that a module, or what it defines, is in the code.

    :param name: dotted, without the package's own name
    :raises Unknown: when it is not
    """
    parts = name.split('.')
    for size in range(len(parts), 0, -1):
        path = _file(parts[:size])
        if path is None:
            continue
        body = ast.parse(path.read_text()).body
        for one in parts[size:]:
            node = _defined(body).get(one)
            if node is None:
                raise Unknown(f'{path.relative_to(ROOT)} defines no {one}')
            body = node.body if isinstance(node, ast.ClassDef) else []
        return
    raise Unknown(f'{PACKAGE} has no {name}')


def check_path(path: str) -> None:
    """See that a file or folder is there; ``<kind>`` stands for any.

    :param path: in the package, or in the checkout
    :raises Unknown: when there is none
    """
    pattern = re.sub('<[^>]*>', '*', path).rstrip('/')
    if not any(any(one.glob(pattern)) for one in (ROOT, ROOT.parent)):
        raise Unknown(f'there is no {path}')


def _imported(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports of the package."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f'{node.module}.{one.name}' for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def check_layers(root: str, rows: list[list['Box']]) -> None:
    """See that all is named that a folder holds, and imports only below.

    :param root: the folder, dotted; '' for the package itself
    :param rows: the lowest last
    :raises Unknown: when it is otherwise
    """
    parts = root.split('.') if root else []
    folder = ROOT.joinpath(*parts)
    prefix = '.'.join([PACKAGE, *parts, ''])
    row_of = {box.name: at for at, row in enumerate(rows) for box in row}
    there = {
        one.stem
        for one in folder.iterdir()
        if (one.is_dir() and (one / '__init__.py').is_file())
        or (one.suffix == '.py' and one.stem != '__init__')
    }
    for name in sorted(there ^ row_of.keys()):
        which = 'the code' if name in there else 'the diagram'
        raise Unknown(f'{prefix}{name} is in {which} only')
    for name in sorted(there):
        path = folder / name
        files = path.rglob('*.py') if path.is_dir() else [_with_py(path)]
        for file in files:
            for target in _imported(file):
                other = target.removeprefix(prefix).split('.')[0]
                if (
                    target.startswith(prefix)
                    and other != name
                    and row_of.get(other, len(rows)) <= row_of[name]
                ):
                    raise Unknown(
                        f'{file.relative_to(ROOT)} imports {other}, which '
                        'the diagram does not have below it'
                    )


def _with_py(path: Path) -> Path:
    return path.with_suffix('.py')


# What the text of a directive says.


@dataclasses.dataclass(frozen=True)
class Step:
    """A line of a sequence.

    :ivar names: of the code, where it is done
    """

    sender: str
    receiver: str
    text: str
    is_answer: bool = False
    names: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Box:
    """A folder or module, and a few words on it."""

    name: str
    text: str = ''


def parse_sequence(lines: Iterable[str]) -> tuple[list[str], list[Step]]:
    """Return who takes part, from left to right, and what happens.

    The first line names all that take part. Then ``a -> b: what`` is a
    request, ``a --> b: what`` an answer, ``a -> a`` what one does alone; an
    indented line below names where in the code.

    :raises Unknown: for what cannot be read, or is not in the code
    """
    given = [line for line in lines if line.strip()]
    who = [one.strip() for one in given[0].split('|')] if given else []
    steps: list[Step] = []
    for line in given[1:]:
        if line[0].isspace():
            names = tuple(one.strip() for one in line.split(','))
            for one in names:
                check_name(one)
            if not steps:
                raise Unknown(f'nothing is done at {line.strip()}')
            steps[-1] = dataclasses.replace(
                steps[-1], names=(*steps[-1].names, *names)
            )
            continue
        ends, colon, text = line.partition(':')
        is_answer = '-->' in ends
        sender, arrow, receiver = ends.partition('-->' if is_answer else '->')
        step = Step(sender.strip(), receiver.strip(), text.strip(), is_answer)
        if not (colon and arrow) or {step.sender, step.receiver} - {*who}:
            raise Unknown(f'not a step between {", ".join(who)}: {line}')
        steps.append(step)
    return who, steps


def parse_layers(lines: Iterable[str]) -> list[list[Box]]:
    """Return the rows of a picture of folders; ``name: words | name``."""
    return [
        [
            Box(name.strip(), text.strip())
            for name, _, text in (
                one.partition(':') for one in line.split('|')
            )
        ]
        for line in lines
        if line.strip()
    ]


# Drawing.


def _wrapped(text: str, width: float) -> list[str]:
    """Break a text into lines, after spaces and what parts names."""
    room = max(int(width / CHARACTER), 8)
    lines = ['']
    for part in re.findall(r'[^ /_.]*[ /_.]|[^ /_.]+', text):
        if lines[-1] and len(lines[-1] + part.rstrip()) > room:
            lines.append('')
        lines[-1] += part
    return [line.strip() for line in lines if line]


def _text(
    x: float, y: float, lines: Iterable[str], anchor: str, style: str = ''
) -> str:
    return ''.join(
        f'<text x="{x:.0f}" y="{y + at * LINE:.0f}" '
        f'text-anchor="{anchor}" style="{style}">'
        f'{saxutils.escape(line)}</text>'
        for at, line in enumerate(lines)
    )


def _line(x1: float, y1: float, x2: float, y2: float, more: str = '') -> str:
    return (
        f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" '
        f'stroke="currentColor" {more}/>'
    )


def _box(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" rx="3" fill="none" stroke="currentColor"/>'
    )


def _head(x: float, y: float, to_right: bool) -> str:
    back = x - 7 if to_right else x + 7
    return (
        f'<path d="M{x:.0f} {y:.0f} L{back:.0f} {y - 4:.0f} '
        f'L{back:.0f} {y + 4:.0f} Z" stroke="none"/>'
    )


def _svg(parts: Iterable[str], height: float, title: str) -> str:
    return (
        '<svg role="img" '
        f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" style="{_STYLE}">'
        f'<title>{saxutils.escape(title)}</title>{"".join(parts)}</svg>'
    )


_CODE = 'font-family:monospace;font-size:10px;opacity:.75'
_BOLD = 'font-weight:bold'


def draw_sequence(who: list[str], steps: list[Step], title: str) -> str:
    """Return a sequence diagram as an SVG element."""
    column = WIDTH / len(who)
    at = {one: column * (number + 0.5) for number, one in enumerate(who)}
    parts: list[str] = []
    y = 3.0 * LINE
    for step in steps:
        start, end = at[step.sender], at[step.receiver]
        alone = start == end
        # Beside a lifeline, or over the arrow.
        room = column - 16 if alone else abs(end - start) - 12
        to_left = alone and start > WIDTH - column
        said = _wrapped(step.text, room)
        code = [line for name in step.names for line in _wrapped(name, room)]
        if alone:
            x, anchor = (
                (start - 10, 'end') if to_left else (start + 10, 'start')
            )
            parts.append(_box(start - 4, y, 8, LINE * len(said + code) + 4))
            parts.append(_text(x, y + LINE - 2, said, anchor))
            below = y + LINE * (len(said) + 1) - 2
        else:
            x, anchor = (start + end) / 2, 'middle'
            parts.append(_text(x, y + LINE - 2, said, anchor))
            line = y + LINE * len(said) + 4
            dashes = 'stroke-dasharray="5 4"' if step.is_answer else ''
            parts.append(_line(start, line, end, line, dashes))
            parts.append(_head(end, line, end > start))
            below = line + LINE - 2
        parts.append(_text(x, below, code, anchor, _CODE))
        y = below + LINE * len(code) + (6 if alone else 2)
    lives = [
        _line(at[one], 2 * LINE, at[one], y, 'opacity=".35"') for one in who
    ]
    heads = [
        _box(at[one] - column / 2 + 4, 2, column - 8, 2 * LINE - 4)
        + _text(at[one], LINE + 3, [one], 'middle', _BOLD)
        for one in who
    ]
    return _svg([*lives, *heads, *parts], y + 4, title)


def draw_layers(rows: list[list[Box]], title: str) -> str:
    """Return a picture of folders on top of each other as an SVG element."""
    parts: list[str] = []
    y = 2.0
    for row in rows:
        width = WIDTH / len(row)
        texts = [_wrapped(one.text, width - 24) for one in row]
        height = LINE * (1 + max(len(one) for one in texts)) + 8
        for number, (box, text) in enumerate(zip(row, texts, strict=True)):
            x = number * width
            parts.append(_box(x + 4, y, width - 8, height))
            parts.append(_text(x + 12, y + LINE, [box.name], 'start', _BOLD))
            parts.append(_text(x + 12, y + 2 * LINE, text, 'start'))
        y += height + 5
    return _svg(parts, y, title)


# What Sphinx is told.


class diagram(nodes.General, nodes.Element):
    """A picture; what cannot show one shows the text in it."""


class _Diagram(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def _drawn(self) -> str:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Draw, or say what is not as the code is."""
        try:
            svg = self._drawn()
        except Unknown as exc:
            raise self.error(f'{self.arguments[0]}: {exc}') from exc
        text = '\n'.join(self.content)
        words = nodes.literal_block(text, text, language='text')
        return [diagram('', words, svg=svg)]


class Sequence(_Diagram):
    """``.. sequence:: title``; see :func:`parse_sequence`."""

    def _drawn(self) -> str:
        who, steps = parse_sequence(self.content)
        return draw_sequence(who, steps, self.arguments[0])


class Layers(_Diagram):
    """``.. layers:: title``; see :func:`parse_layers`."""

    # As docutils has it, of the class.
    option_spec = {'root': directives.unchanged}  # noqa: RUF012

    def _drawn(self) -> str:
        rows = parse_layers(self.content)
        check_layers(self.options.get('root', ''), rows)
        return draw_layers(rows, self.arguments[0])


class Place(SphinxRole):
    """``:at:`path```: a file or folder, which must be there."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Write the path as it was given."""
        try:
            check_path(self.text)
        except Unknown as exc:
            said = self.inliner.reporter.error(str(exc), line=self.lineno)
            return [nodes.problematic(self.rawtext, self.rawtext)], [said]
        return [nodes.literal(self.rawtext, self.text)], []


def _visit_html(translator: Any, node: diagram) -> None:
    if translator.builder.name == 'epub':
        # Its pages are XML, in which the picture would need a namespace.
        return
    translator.body.append(f'<div class="diagram">{node["svg"]}</div>\n')
    raise nodes.SkipNode


def _visit(translator: Any, node: diagram) -> None:
    """Show what is in it."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of the directives."""
    plain = (_visit, _visit)
    app.add_node(
        diagram,
        html=(_visit_html, _visit),
        latex=plain,
        man=plain,
        texinfo=plain,
        text=plain,
        gettext=plain,
    )
    app.add_directive('sequence', Sequence)
    app.add_directive('layers', Layers)
    app.add_role('at', Place())
    return {'version': '1', 'parallel_read_safe': True}
