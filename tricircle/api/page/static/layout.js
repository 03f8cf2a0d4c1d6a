// Licensed under the Apache License, Version 2.0 (the "License"); you may
// not use this file except in compliance with the License. You may obtain
// a copy of the License in the file LICENSE of this project.
//
// Unless required by applicable law or agreed to in writing, software
// distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
// WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
// License for the specific language governing permissions and limitations
// under the License.

// Where nodes are drawn. It follows from what is where alone, so that a
// picture stays as it is while nothing moves, and equal regions meet equally.

const SPACING = 60;
const LEAST_RADIUS = 260;
// The place for the picture is wider than it is high.
const WIDTH = 1.5;
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

function hash(text) {
  let found = 2166136261;
  for (let at = 0; at < text.length; at += 1) {
    found = Math.imul(found ^ text.charCodeAt(at), 16777619);
  }
  return (found >>> 0) / 2 ** 32;
}

// Returns the radius of the ring of regions.
function ring(regions) {
  return Math.max(LEAST_RADIUS, (regions * SPACING) / (2 * Math.PI));
}

// Resources that are in the same regions are together: beside their region,
// between their regions, or below the ring when they are nowhere.
function middle(key, pods, around, radius, size) {
  const spots = pods.map((one) => around.get(one)).filter(Boolean);
  if (spots.length === 0) {
    return { x: 0, y: radius * 1.45 + size };
  }
  const x = spots.reduce((sum, one) => sum + one.x, 0) / spots.length;
  const y = spots.reduce((sum, one) => sum + one.y, 0) / spots.length;
  if (spots.length === 1) {
    const factor = 1 + (70 + size) / radius;
    return { x: x * factor, y: y * factor };
  }
  // Others may have the same middle.
  const angle = hash(key) * 2 * Math.PI;
  const away = 0.16 * radius * hash(`${key}/`);
  return {
    x: x * 0.8 + away * Math.cos(angle),
    y: y * 0.8 + away * Math.sin(angle),
  };
}

// Few are drawn further apart than many.
function gap(resources) {
  return Math.max(18, 52 - resources / 10);
}

// Returns positions by the ID of the node.
export function positions(found) {
  const radius = ring(found.regions.length);
  const placed = new Map();
  found.regions.forEach((one, number) => {
    const angle = (2 * Math.PI * number) / found.regions.length - Math.PI;
    placed.set(one.pod_id, {
      x: WIDTH * radius * Math.cos(angle),
      y: radius * Math.sin(angle),
    });
  });
  const around = new Map(placed);
  const pods = new Map(found.resources.map((one) => [one.id, new Set()]));
  for (const one of found.places) {
    pods.get(one.resource_id)?.add(one.pod_id);
  }
  const apart = gap(found.resources.length);
  const groups = new Map();
  for (const one of found.resources) {
    const where = [...pods.get(one.id)].sort();
    const key = where.join();
    if (!groups.has(key)) {
      groups.set(key, { where, members: [] });
    }
    groups.get(key).members.push(one.id);
  }
  for (const [key, group] of groups) {
    const size = apart * Math.sqrt(group.members.length);
    const center = middle(key, group.where, around, radius, size);
    group.members.forEach((id, number) => {
      const out = apart * Math.sqrt(number);
      placed.set(id, {
        x: center.x + out * Math.cos(number * GOLDEN_ANGLE),
        y: center.y + out * Math.sin(number * GOLDEN_ANGLE),
      });
    });
  }
  return placed;
}
