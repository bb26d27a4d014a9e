import type { Firmware } from '../../firmware.js';
import { rolloutsAtWork } from '../../persistence/rollouts.repository.js';
import { runStep } from '../../rollouts/run-step.js';

/**
 * Takes rollouts on, one step of each at a time. Any number of processes may do so at once: a rollout that one is at is left alone by
 * the others. What fails at one rollout holds up no other.
 */
export class RunRollouts {
  /** Where each rollout's next step goes on looking for devices that may go on. */
  private readonly after = new Map<string, number>();

  constructor(private readonly firmware: Firmware) {}

  /** @returns whether there may be more to do at once. @throws the first failure, after every rollout had its step */
  async step(): Promise<boolean> {
    const ids = await this.firmware.read((db) => rolloutsAtWork(db));
    for (const id of this.after.keys()) if (!ids.includes(id)) this.after.delete(id);
    const failures: unknown[] = [];
    let isChanged = false;
    for (const id of ids) {
      try {
        isChanged = (await this.stepOf(id)) || isChanged;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return isChanged;
  }

  private async stepOf(id: string): Promise<boolean> {
    const settings = { nowMs: this.firmware.clock.nowMs(), after: this.after.get(id) ?? -1 };
    const result = await this.firmware.change((tx) => runStep(tx, id, settings));
    this.after.set(id, result.after);
    return result.isChanged;
  }
}
