// Licensed under the Apache License, Version 2.0 (the "License"); you may
// not use this file except in compliance with the License. You may obtain
// a copy of the License in the file LICENSE of this project.
//
// Unless required by applicable law or agreed to in writing, software
// distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
// WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
// License for the specific language governing permissions and limitations
// under the License.

// Ties login, filters, polling, graph and tables together.

import * as api from './api.js';
import { Graph } from './graph.js';
import { Tables } from './tables.js';

const INTERVAL = 5000;

const by = (id) => document.getElementById(id);
const state = {
  filters: {},
  pages: 1,
  paused: false,
  timer: null,
  running: null,
  graph: null,
  tables: null,
  read: null,
  fit: true,
};

function say(text, stale) {
  const line = by('status');
  if (line.textContent !== text) {
    line.textContent = text;
  }
  line.classList.toggle('stale', Boolean(stale));
}

function choose(id) {
  state.graph.choose(id);
  state.tables.choose(id);
}

function offerRegions(regions) {
  const select = by('filters').elements.region_name;
  const known = [...select.options].map((one) => one.value).slice(1);
  const names = regions.map((one) => one.region_name);
  if (known.join('\n') === names.join('\n')) {
    return;
  }
  const chosen = select.value;
  select.replaceChildren(
    new Option('any', ''),
    ...names.map((one) => new Option(one, one)),
  );
  select.value = names.includes(chosen) ? chosen : '';
}

function show(found) {
  if (state.graph === null) {
    state.graph = new Graph(by('graph'), choose);
    state.tables = new Tables(choose);
  }
  offerRegions(found.regions);
  state.graph.show(found, state.fit);
  state.fit = false;
  state.tables.show(found);
  by('more').hidden = !found.more;
  const away = found.regions.filter((one) => one.answers === false).length;
  state.read = new Date().toLocaleTimeString();
  say(`${found.regions.length} regions, ${away} away; `
    + `${found.resources.length}${found.more ? ' of more' : ''} networks and `
    + `routers`);
}

function showLogin(why) {
  clearTimeout(state.timer);
  state.running?.abort();
  api.forget();
  by('picture').hidden = true;
  by('controls').hidden = true;
  by('login').hidden = false;
  by('refused').textContent = why;
  say('');
  by('with-password').elements.username.focus();
}

// Reads everything anew, and again after a while.
async function refresh() {
  clearTimeout(state.timer);
  state.running?.abort();
  const running = new AbortController();
  state.running = running;
  try {
    const found = await api.topology(
      state.filters, state.pages, running.signal);
    if (running.signal.aborted) {
      return;
    }
    by('login').hidden = true;
    by('picture').hidden = false;
    by('controls').hidden = false;
    show(found);
  } catch (error) {
    if (running.signal.aborted) {
      return;
    }
    if (error.status === 401) {
      showLogin('The token is not valid, or not any more.');
      return;
    }
    if (state.read === null) {
      showLogin(error.message);
      return;
    }
    say(`As of ${state.read}: ${error.message}`, true);
  }
  again();
}

function again() {
  clearTimeout(state.timer);
  if (!state.paused && !document.hidden && api.isKnown()) {
    state.timer = setTimeout(refresh, INTERVAL);
  }
}

by('with-token').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.target;
  api.use(form.elements.token.value.trim());
  form.reset();
  by('refused').textContent = '';
  refresh();
});

by('with-password').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const fields = Object.fromEntries(new FormData(form));
  form.elements.password.value = '';
  by('refused').textContent = '';
  try {
    await api.logIn(fields);
  } catch (error) {
    by('refused').textContent = error.message;
    form.elements.password.focus();
    return;
  }
  refresh();
});

by('filters').addEventListener('submit', (event) => {
  event.preventDefault();
  state.filters = Object.fromEntries(
    [...new FormData(event.target)].filter(([, value]) => value !== ''),
  );
  state.pages = 1;
  state.fit = true;
  refresh();
});

by('more').addEventListener('click', () => {
  state.pages += 1;
  state.fit = true;
  refresh();
});

by('pause').addEventListener('click', (event) => {
  state.paused = !state.paused;
  event.target.setAttribute('aria-pressed', String(state.paused));
  again();
});

by('logout').addEventListener('click', () => {
  // Nothing of what was seen is left for who logs in next.
  api.forget();
  window.location.reload();
});

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && api.isKnown() && !state.paused) {
    refresh();
  }
});

showLogin('');
