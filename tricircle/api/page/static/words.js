// Licensed under the Apache License, Version 2.0 (the "License"); you may
// not use this file except in compliance with the License. You may obtain
// a copy of the License in the file LICENSE of this project.
//
// Unless required by applicable law or agreed to in writing, software
// distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
// WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
// License for the specific language governing permissions and limitations
// under the License.

// What things are called.

export const STATES = {
  in_sync: 'in sync',
  pending: 'pending',
  omitted: 'in part',
  error: 'error',
  ended: 'ended',
  unknown: 'unknown',
};

export function title(resource) {
  const bridge = resource.bridge_of ? 'bridge' : '';
  return resource.name || bridge || resource.id.slice(0, 8);
}

export function answers(region) {
  if (region.answers === null) {
    return 'unknown';
  }
  return region.answers ? 'yes' : 'no';
}

// What is older than XJob trusts, the API calls unknown.
export function dataPath(region) {
  const found = region.data_path;
  if (found.state === 'down') {
    return found.tunnels === null
      ? 'down' : `${found.down + found.silent} of ${found.tunnels} down`;
  }
  return found.state;
}

export function served(region) {
  return region.paused_at ? 'paused' : region.state;
}

// Returns how a region is drawn, and its label, which says the same in words.
export function regionLook(region) {
  const how = served(region) === 'active' ? '' : `, ${served(region)}`;
  if (region.answers === false || region.state === 'lost') {
    const why = region.answers === false ? ' (away)' : '';
    return { kind: 'away', label: `${region.region_name}${why}${how}` };
  }
  const kind = region.answers === null ? 'unanswered' : 'here';
  return { kind, label: `${region.region_name}${how}` };
}
