// Licensed under the Apache License, Version 2.0 (the "License"); you may
// not use this file except in compliance with the License. You may obtain
// a copy of the License in the file LICENSE of this project.
//
// Unless required by applicable law or agreed to in writing, software
// distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
// WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
// License for the specific language governing permissions and limitations
// under the License.

// The graph. Labels are drawn on a canvas: no name is ever markup.

import cytoscape from './cytoscape/cytoscape.esm.min.mjs';
import { positions } from './layout.js';
import { regionLook, title } from './words.js';


const dark = window.matchMedia('(prefers-color-scheme: dark)');

function colour(name) {
  return getComputedStyle(document.documentElement)
    .getPropertyValue(`--${name}`)
    .trim();
}

function line(state, style, width, opacity) {
  return {
    selector: `edge.${state}`,
    style: {
      'line-color': colour(state),
      'line-style': style,
      width,
      opacity,
      'z-index': width,
    },
  };
}

function look() {
  const label = {
    label: 'data(label)',
    color: colour('text'),
    'min-zoomed-font-size': 7,
    'text-outline-color': colour('back'),
    'text-outline-width': 2,
  };
  const region = (name) => ({
    'background-color': colour(name),
    'border-color': colour(`${name}-line`),
  });
  return [
    {
      selector: 'node.region',
      style: {
        ...label,
        ...region('region'),
        shape: 'round-rectangle',
        width: 46,
        height: 34,
        'border-width': 2,
        'font-size': 14,
        'font-weight': 'bold',
        'text-valign': 'top',
        'text-margin-y': -3,
      },
    },
    { selector: 'node.unanswered', style: region('unanswered') },
    {
      selector: 'node.away',
      style: { ...region('away'), 'border-width': 6, 'border-style': 'double' },
    },
    {
      selector: 'node.network, node.router',
      style: {
        ...label,
        width: 15,
        height: 15,
        'font-size': 11,
        'text-valign': 'bottom',
      },
    },
    {
      selector: 'node.network',
      style: { 'background-color': colour('network') },
    },
    {
      selector: 'node.router',
      style: { 'background-color': colour('router'), shape: 'diamond' },
    },
    { selector: 'edge', style: { 'curve-style': 'haystack' } },
    line('in_sync', 'solid', 1.3, 0.75),
    line('link', 'solid', 1.5, 0.8),
    line('unknown', 'dotted', 1.5, 0.9),
    line('pending', 'dashed', 2, 0.9),
    line('omitted', 'dotted', 2, 0.9),
    line('ended', 'dotted', 3, 1),
    line('error', 'solid', 4, 1),
    { selector: '.dim', style: { opacity: 0.12, 'text-opacity': 0 } },
    {
      selector: '.chosen',
      style: { 'border-width': 4, 'border-color': colour('focus') },
    },
  ];
}

function node(id, classes, label, position) {
  return { group: 'nodes', data: { id, label }, classes, position };
}

function edge(id, source, target, classes) {
  return { group: 'edges', data: { id, source, target }, classes };
}

// Returns all that is to be drawn, by ID.
function elements(found) {
  const spots = positions(found);
  const made = new Map();
  const add = (one) => made.set(one.data.id, one);
  for (const one of found.regions) {
    const { kind, label } = regionLook(one);
    add(node(one.pod_id, `region ${kind}`, label, spots.get(one.pod_id)));
  }
  for (const one of found.resources) {
    add(node(one.id, one.type, title(one), spots.get(one.id)));
  }
  for (const one of found.places) {
    if (made.has(one.resource_id) && made.has(one.pod_id)) {
      add(edge(`${one.replica_id}@${one.pod_id}`, one.resource_id, one.pod_id,
        one.state));
    }
  }
  for (const one of found.links) {
    // The network may be on a page that is not shown.
    if (made.has(one.router_id) && made.has(one.network_id)) {
      const how = one.gateway ? 'gateway' : 'interface';
      add(edge(`${one.router_id}-${one.network_id}-${how}`, one.router_id,
        one.network_id, `link ${how}`));
    }
  }
  return made;
}

function change(known, one) {
  const wanted = one.classes + (known.hasClass('chosen') ? ' chosen' : '');
  if (known.classes().join(' ') !== wanted) {
    known.classes(wanted);
  }
  if (one.group === 'nodes') {
    if (known.data('label') !== one.data.label) {
      known.data('label', one.data.label);
    }
    const { x, y } = known.position();
    if (x !== one.position.x || y !== one.position.y) {
      known.position(one.position);
    }
  }
}

export class Graph {
  // choose: called with the ID of what is chosen, null for nothing
  constructor(container, choose) {
    this.container = container;
    this.chosen = null;
    this.cy = cytoscape({
      container,
      style: look(),
      layout: { name: 'preset' },
      hideEdgesOnViewport: true,
      textureOnViewport: true,
      boxSelectionEnabled: false,
      autoungrabify: true,
      minZoom: 0.02,
      maxZoom: 6,
    });
    this.cy.on('tap', 'node', (event) => choose(event.target.id()));
    this.cy.on('tap', (event) => event.target === this.cy && choose(null));
    dark.addEventListener('change', () => this.cy.style(look()));
  }

  // fit: whether to show all of it, wherever somebody has moved to
  show(found, fit) {
    const wanted = elements(found);
    this.cy.batch(() => {
      this.cy
        .elements()
        .filter((one) => !wanted.has(one.id()))
        .remove();
      const fresh = [];
      for (const [id, one] of wanted) {
        const known = this.cy.getElementById(id);
        if (known.empty()) {
          fresh.push(one);
        } else {
          change(known, one);
        }
      }
      this.cy.add(fresh);
    });
    this.mark();
    if (fit) {
      this.cy.resize();
      this.cy.fit(undefined, 30);
    }
    this.cy.one('render', () => {
      this.container.dataset.drawn = String(wanted.size);
    });
    this.cy.forceRender();
  }

  choose(id) {
    this.chosen = id;
    this.mark();
  }

  // Shows what is chosen and what it hangs on, and dims the rest.
  mark() {
    const one = this.chosen === null
      ? this.cy.collection() : this.cy.getElementById(this.chosen);
    this.cy.batch(() => {
      this.cy.elements('.dim, .chosen').removeClass('dim chosen');
      if (one.nonempty()) {
        this.cy.elements().not(one.closedNeighborhood()).addClass('dim');
        one.addClass('chosen');
      }
    });
  }
}
