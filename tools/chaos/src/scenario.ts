import type { Fleet, Random } from '@myelin/fleet-simulator';
import type { ChaosSystem } from './chaos-system.js';

/** What a scenario works with while it does its damage. */
export interface Damage {
  readonly chaos: ChaosSystem;
  readonly fleet: Fleet;
  readonly random: Random;
  /** How long it shall go on. */
  readonly forMs: number;
  readonly say: (line: string) => void;
  /** A figure for the verdict line. */
  readonly note: (text: string) => void;
  /** A promise that was broken: the verdict is FAILED. */
  readonly fail: (text: string) => void;
  /** @throws ChaosError chaos.interrupted */
  readonly sleep: (ms: number) => Promise<void>;
}

export interface Scenario {
  readonly name: string;
  /** For the list, one line. */
  readonly summary: string;
  readonly kafkaNodes: 1 | 3;
  /** PostgreSQL must lie on a volume that can be filled. */
  readonly needsVolume?: boolean;
  /** Alerting takes part, in two processes. */
  readonly needsAlerting?: boolean;
  /** Firmware-rollout takes part, in two processes. */
  readonly needsFirmware?: boolean;
  /** Services may end by themselves meanwhile and be started again; without it that is a failure. */
  readonly mayExit?: boolean;
  /** How long the damage goes on unless the caller says otherwise. */
  readonly defaultForMs: number;
  /** Does the damage, and has mended it when it resolves or rejects. */
  damage(damage: Damage): Promise<void>;
  /** After the recovery; looks at what only this scenario can know. */
  afterwards?(damage: Damage): Promise<void>;
}
