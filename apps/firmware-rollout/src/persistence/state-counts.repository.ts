import type { EntityManager } from 'typeorm';

interface StateCount {
  readonly value: string;
  readonly count: number;
}

/** Rollouts of all tenants. */
export function countRolloutsByState(db: EntityManager): Promise<StateCount[]> {
  return db.query('SELECT state AS value, count(*)::integer AS count FROM rollout GROUP BY state');
}

/** Devices of all rollouts, from the counts that are kept per wave: assignments themselves are millions. */
export function countAssignmentsByState(db: EntityManager): Promise<StateCount[]> {
  return db.query('SELECT state AS value, sum(devices)::float8 AS count FROM assignment_count GROUP BY state');
}
