import { Problem } from './problem.js';

/** What every body stays within: whatever looks at it afterwards does so recursively, and compares the names of members. */
export const jsonLimits = { depth: 64, members: 2_000 } as const;

/** What a parsed body is refused with that is nested too deeply or has an object with too many members; undefined for any other. */
export function faultInJson(body: unknown): Problem | undefined {
  let level: readonly unknown[] = [body];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > jsonLimits.depth) return tooDeep();
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      const within: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
      if (!Array.isArray(value) && within.length > jsonLimits.members) return tooManyMembers();
      for (const each of within) if (typeof each === 'object' && each !== null) next.push(each);
    }
    level = next;
  }
  return undefined;
}

function tooDeep(): Problem {
  const detail = `the body is nested deeper than ${jsonLimits.depth}`;
  return new Problem({ status: 400, type: 'body-too-deep', detail });
}

function tooManyMembers(): Problem {
  const detail = `an object of the body has more than ${jsonLimits.members} members`;
  return new Problem({ status: 400, type: 'too-many-members', detail });
}
