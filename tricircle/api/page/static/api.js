// Licensed under the Apache License, Version 2.0 (the "License"); you may
// not use this file except in compliance with the License. You may obtain
// a copy of the License in the file LICENSE of this project.
//
// Unless required by applicable law or agreed to in writing, software
// distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
// WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
// License for the specific language governing permissions and limitations
// under the License.

// Calls to the API. The token is in this module's memory and nowhere else.

const TIMEOUT = 30000;
const PAGE = 500;

let token = null;

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function use(given) {
  token = given;
}

export function forget() {
  token = null;
}

export function isKnown() {
  return token !== null;
}

async function call(url, options, signal) {
  const timeout = AbortSignal.timeout(TIMEOUT);
  const answer = await fetch(url, {
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
    ...options,
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  if (answer.ok) {
    return answer.json();
  }
  let message = `${answer.status} ${answer.statusText}`;
  try {
    message = Object.values(await answer.json())[0].message || message;
  } catch {
    // It was no answer of the API's.
  }
  throw new Refused(answer.status, message);
}

export async function logIn(fields) {
  const answer = await call('login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ login: fields }),
  });
  use(answer.login.token);
}

// Returns what is on the first pages, and whether there are more.
export async function topology(filters, pages, signal) {
  const found = { regions: [], resources: [], places: [], links: [] };
  const query = new URLSearchParams({ ...filters, limit: PAGE });
  let search = `?${query}`;
  for (let page = 0; page < pages && search !== null; page += 1) {
    const body = await call(
      `../v1.0/topology${search}`,
      { headers: { 'X-Auth-Token': token } },
      signal,
    );
    found.regions = body.topology.regions;
    for (const one of ['resources', 'places', 'links']) {
      found[one] = found[one].concat(body.topology[one]);
    }
    const next = (body.topology_links || []).find((one) => one.rel === 'next');
    // Of the link the query alone: the API may be behind a proxy.
    search = next ? next.href.slice(next.href.indexOf('?')) : null;
  }
  return { ...found, more: search !== null };
}
