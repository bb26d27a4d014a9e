import { utcOffsetMsAt } from '@myelin/kernel';
import { DeviceEvaluator } from '../../domain/evaluation/device-evaluator.js';
import { DevicePlan } from '../../domain/evaluation/device-plan.js';
import { limitsFrom, type Metadata } from '../../domain/evaluation/limits-from-metadata.js';
import type { Reading } from '../../domain/evaluation/reading.js';
import type { Arrival } from '../../domain/evaluation/reorder-buffer.js';
import { RuleProgram } from '../../domain/evaluation/rule-program.js';
import type { Transition } from '../../domain/evaluation/transition.js';
import type { RuleDefinition } from '../../domain/rules/parse-rule.js';

/** A rule and what one device says, in the order of its arrival. */
export interface DryRun {
  readonly definition: RuleDefinition;
  readonly readings: readonly Reading[];
  readonly metadata: Metadata;
  /** Of the device: a name of the IANA database. */
  readonly timeZone: string;
}

export type FoundTransition = Omit<Transition, 'rule' | 'version'>;

export interface DryRunOutcome {
  readonly transitions: readonly FoundTransition[];
  readonly arrivals: Readonly<Record<Arrival, number>>;
}

/**
 * What the rule would raise and clear, as if the device went on and said nothing of it: readings that wait for earlier ones are
 * evaluated in the end. Silence is no reading, so a condition about silence is unknown.
 */
export function dryRun({ definition, readings, metadata, timeZone }: DryRun): DryRunOutcome {
  const local = { offsetMsAt: (atMs: number) => utcOffsetMsAt(timeZone, atMs) };
  const program = new RuleProgram({ id: 'dry-run', version: 1, ...definition }, local, timeZone);
  const device = new DeviceEvaluator(new DevicePlan([program]));
  device.setLimits(limitsFrom(metadata));
  const transitions: FoundTransition[] = [];
  const sink = ({ rule: _rule, version: _version, ...found }: Transition): void => void transitions.push(found);
  const arrivals = { taken: 0, late: 0, duplicate: 0 };
  for (const reading of readings) for (const arrival of device.take(reading, sink)) arrivals[arrival] += 1;
  const lastMs = readings.reduce((greatest, { ts }) => Math.max(greatest, ts), 0);
  device.take({ ts: lastMs + program.latenessMs + 1, values: {} }, sink);
  return { transitions, arrivals };
}
