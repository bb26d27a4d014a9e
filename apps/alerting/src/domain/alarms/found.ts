import type { Severity } from '../rules/rule.js';
import type { CompleteBrake } from '../rules/storm-brake.js';
import type { AlarmDescription, ClearByRule } from './alarm.js';

/** A rule and a device, or what stands in its place (`StormGroup`): of these two at most one alarm is active. */
export interface RuleAndDevice {
  readonly rule: string;
  readonly device: string;
}

interface FoundOccurrence extends RuleAndDevice {
  readonly ruleVersion: number;
  /** When the condition began to hold, in event time: names the occurrence. */
  readonly startMs: number;
  /** The reading that decided, in event time. */
  readonly atMs: number;
}

export interface FoundRaise extends FoundOccurrence, AlarmDescription {
  readonly kind: 'raised';
  readonly severity: Severity;
  /** Of the rule; without it each of its alarms stands for itself. */
  readonly brake?: CompleteBrake;
}

export interface FoundClear extends FoundOccurrence {
  readonly kind: 'cleared';
  /** `condition` by default. */
  readonly reason?: ClearByRule['reason'];
}

/** What evaluation has found at one tenant's device, with what it knows of device and rule. */
export type Found = FoundRaise | FoundClear;
