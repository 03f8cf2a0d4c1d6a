// Licensed under the Apache License, Version 2.0 (the "License"); you may
// not use this file except in compliance with the License. You may obtain
// a copy of the License in the file LICENSE of this project.
//
// Unless required by applicable law or agreed to in writing, software
// distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
// WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
// License for the specific language governing permissions and limitations
// under the License.

// The same content as the graph's, for who reads or uses a keyboard. All text
// is set as text: no name is ever markup.

import {
  answers, dataPath, regionLook, served, STATES, title,
} from './words.js';

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) {
    made.textContent = text;
  }
  if (className) {
    made.className = className;
  }
  return made;
}

function placeText(place, names) {
  const extra = place.omitted.length ? `: without ${place.omitted.join(', ')}` : '';
  const why = place.reason ? `: ${place.reason}` : extra;
  return `${names.get(place.pod_id)}: ${STATES[place.state]}${why}`;
}

// A table whose rows are changed only where something has changed: who is on
// one with the keyboard stays there.
class Rows {
  constructor(body, choose) {
    this.body = body;
    this.choose = choose;
    this.rows = new Map();
  }

  // wanted: by ID what a row says, and a function that makes its other cells
  show(wanted) {
    for (const [id, { row }] of this.rows) {
      if (!wanted.has(id)) {
        row.remove();
        this.rows.delete(id);
      }
    }
    let before = null;
    for (const [id, { name, says, className, cells }] of wanted) {
      let known = this.rows.get(id);
      if (!known) {
        known = this.make(id);
        this.rows.set(id, known);
      }
      const signature = JSON.stringify([name, says, className]);
      if (known.signature !== signature) {
        known.signature = signature;
        known.button.textContent = name;
        known.row.classList.toggle('away', className === 'away');
        known.row.replaceChildren(known.row.firstChild, ...cells());
      }
      const next = before ? before.nextSibling : this.body.firstChild;
      if (known.row !== next) {
        this.body.insertBefore(known.row, next);
      }
      before = known.row;
    }
  }

  make(id) {
    const row = element('tr');
    row.dataset.id = id;
    const button = element('button');
    button.type = 'button';
    button.addEventListener('click', () => this.choose(id));
    const first = element('td');
    first.append(button);
    row.append(first);
    return { row, button, signature: null };
  }

  mark(id) {
    for (const [one, { row, button }] of this.rows) {
      row.classList.toggle('chosen', one === id);
      button.setAttribute('aria-pressed', String(one === id));
    }
  }
}

export class Tables {
  constructor(choose) {
    const body = (id) => document.querySelector(`#${id} tbody`);
    this.regions = new Rows(body('regions'), choose);
    this.resources = new Rows(body('resources'), choose);
    this.details = document.getElementById('details');
    this.found = null;
    this.chosen = null;
  }

  show(found) {
    this.found = found;
    this.names = new Map(
      found.regions.map((one) => [one.pod_id, one.region_name]),
    );
    this.placesOf = Map.groupBy(found.places, (one) => one.resource_id);
    this.regions.show(new Map(found.regions.map((one) => [
      one.pod_id,
      {
        name: one.region_name,
        says: one,
        className: regionLook(one).kind,
        cells: () => [
          served(one), answers(one), dataPath(one), one.pending, one.failing,
        ]
          .map((text) => element('td', String(text))),
      },
    ])));
    this.resources.show(new Map(found.resources.map((one) => {
      const places = this.placesOf.get(one.id) || [];
      const said = places.map((place) => placeText(place, this.names));
      return [one.id, {
        name: title(one),
        says: [one.type, said],
        cells: () => {
          const where = element('td');
          where.append(...places.map((place, at) => (
            element('span', said[at], `place ${place.state}`))));
          if (places.length === 0) {
            where.append('nowhere yet');
          }
          return [element('td', one.type), where];
        },
      }];
    })));
    this.choose(this.chosen);
  }

  choose(id) {
    this.chosen = id;
    this.regions.mark(id);
    this.resources.mark(id);
    const region = this.found.regions.find((one) => one.pod_id === id);
    const resource = this.found.resources.find((one) => one.id === id);
    let lines = null;
    if (region) {
      lines = this.ofRegion(region);
    } else if (resource) {
      lines = this.ofResource(resource);
    }
    const list = element('dl');
    for (const [name, value] of lines || []) {
      if (value !== null && value !== '') {
        list.append(element('dt', name), element('dd', String(value)));
      }
    }
    const text = element('p', 'Choose something in the picture or in a table.');
    this.details.replaceChildren(
      element('h2', region?.region_name || (resource && title(resource))
        || 'Details'),
      lines ? list : text,
    );
  }

  ofRegion(one) {
    return [
      ['Pod', one.pod_id],
      ['Served', served(one)],
      ['Paused since', one.paused_at && `${one.paused_at} UTC`],
      ['What for', one.pause_reason],
      ['Answers', answers(one)],
      ['Since', one.answers_since && `${one.answers_since} UTC`],
      ['Why not', one.contact_failure],
      ['Data path', dataPath(one)],
      ['Data path since', one.data_path.since && `${one.data_path.since} UTC`],
      ['Data path seen', one.data_path.observed_at
        && `${one.data_path.observed_at} UTC`],
      ['Pending', one.pending],
      ['Failing', one.failing],
    ];
  }

  ofResource(one) {
    const titles = new Map(
      this.found.resources.map((other) => [other.id, title(other)]),
    );
    const links = this.found.links
      .filter((link) => link.router_id === one.id || link.network_id === one.id)
      .map((link) => {
        const other = link.router_id === one.id
          ? link.network_id : link.router_id;
        const name = titles.get(other) || other;
        return link.gateway ? `${name} (gateway)` : name;
      });
    return [
      ['Kind', one.type],
      ['ID', one.id],
      ['Project', one.project_id],
      ['Between the pieces of', one.bridge_of],
      [one.type === 'router' ? 'Networks' : 'Routers', links.join(', ')],
      ...(this.placesOf.get(one.id) || []).map((place) => [
        this.names.get(place.pod_id),
        placeText(place, this.names).slice(
          this.names.get(place.pod_id).length + 2),
      ]),
    ];
  }
}
