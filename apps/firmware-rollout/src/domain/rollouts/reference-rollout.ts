import type { EndOfDevice } from '../assignments/assignment.js';
import type { DeviceReportKind } from '../assignments/device-report.js';
import { type Happening, type Reading, isAtWork, isOpen, isUnsuccessful, readStory } from './reference-story.js';

/** What of a rollout matters to the model. */
export interface ReferencePlan {
  readonly id: string;
  readonly weight: number;
  readonly waves: readonly (readonly string[])[];
  readonly successShare: number;
  readonly soakMs: number;
  readonly pauseAbove: number;
  readonly minimumFailures: number;
  readonly perMinute: number;
  readonly timeoutMs: number;
  readonly needsSecondPerson: boolean;
  readonly needsConfirmation: boolean;
}

/** A device in a rollout: all that ever happened to its latest attempt. */
interface Story {
  readonly device: string;
  readonly wave: number;
  attempt: number;
  happened: Happening[];
}

interface ReferenceWave {
  state: 'pending' | 'running' | 'soaking' | 'done';
  sinceMs: number;
  isAdvanced: boolean;
  excusedGood: number;
  excusedBad: number;
}

/** What was ever heard of a device's firmware: that it runs it, that it does not, or that nobody waits for its word any more. */
interface Heard {
  readonly device: string;
  readonly action: number;
  readonly what: 'yes' | 'no' | 'open';
  /** It was seen at work on it. */
  readonly seen: boolean;
}

/**
 * Rollouts as they are meant, for tests: whenever it is asked, it reads all that ever happened to every device. Times are whole
 * milliseconds; of conditions it knows success share, soak time, failure share and a constant speed.
 */
export class ReferenceRollouts {
  private readonly rollouts: Map<string, ReferenceRollout>;
  private readonly suspended = new Set<string>();
  private readonly heard: Heard[] = [];
  private readonly deviceOf = new Map<number, string>();
  private actions = 0;

  constructor(plans: readonly ReferencePlan[]) {
    this.rollouts = new Map(plans.map((plan) => [plan.id, new ReferenceRollout(plan)]));
  }

  suspend(device: string, isSuspended: boolean): void {
    if (isSuspended) this.suspended.add(device);
    else this.suspended.delete(device);
  }

  endDevice(device: string, reason: EndOfDevice, atMs: number): void {
    this.watching(() => {
      for (const { stories } of this.rollouts.values())
        for (const story of stories) if (story.device === device) story.happened.push({ what: 'end', reason, atMs });
    });
  }

  report(action: number, kind: DeviceReportKind, about: 'deployment' | 'cancel', atMs: number): void {
    const current = this.readings().find((reading) => reading.action === action);
    const isTimely = current !== undefined && isAtWork(current);
    const isAsked = current?.state === 'unconfirmed';
    const isClosing = about === 'deployment' && !isAsked && (kind === 'succeeded' || kind === 'failed');
    if (isClosing) {
      const what = kind === 'succeeded' ? 'yes' : 'no';
      this.heard.push({ device: this.deviceOf.get(action) ?? '', action, what, seen: !isTimely || current.level > 2 });
    }
    this.watching(() => {
      for (const { stories, read: readOf } of this.rollouts.values())
        for (const story of stories)
          if (readOf(story).action === action) story.happened.push({ what: 'report', kind, about, atMs });
    }, isClosing);
  }

  agree(action: number, atMs: number): void {
    for (const { stories, read: readOf } of this.rollouts.values())
      for (const story of stories) if (readOf(story).action === action) story.happened.push({ what: 'agree', atMs });
  }

  private readings(): Reading[] {
    return [...this.rollouts.values()].flatMap(({ stories, read: readOf }) => stories.map(readOf));
  }

  /** Notes whose action ends without a word of its own. */
  private watching(happen: () => void, isWord = false): void {
    const before = this.readings();
    happen();
    const after = this.readings();
    before.forEach((was, i) => {
      if (isWord || was.action === undefined || was.level < 2 || !isAtWork(was) || isOpen(after[i] as Reading)) return;
      const device = this.deviceOf.get(was.action) ?? '';
      this.heard.push({ device, action: was.action, what: 'open', seen: false });
    });
  }

  /** What it says it runs, and what it may run as well; 0 = nothing. */
  private runs(device: string): readonly [says: number, may: number] {
    let [says, may, past] = [0, 0, 0];
    for (const { action, what, seen } of this.heard.filter((each) => each.device === device)) {
      if (what === 'no' && action === may) may = 0;
      else if (what === 'no' && action === says) says = 0;
      else if (action <= past || what === 'no') continue;
      else if (what === 'yes') {
        if (action === may || (seen && action > may)) may = 0;
        [says, past] = [action, action];
      } else if (action !== may) {
        if (may !== 0) [says, past] = [0, may - 1];
        may = action;
      }
    }
    return [says, may];
  }

  of(rollout: string): ReferenceRollout {
    return this.rollouts.get(rollout) as ReferenceRollout;
  }

  step(id: string, atMs: number): void {
    this.watching(() => this.takeStep(id, atMs));
  }

  private takeStep(id: string, atMs: number): void {
    const rollout = this.of(id);
    const before = rollout.stories.map(rollout.read);
    if (!['running', 'paused', 'aborting'].includes(rollout.state)) return;
    rollout.stories.forEach(({ happened }, i) => {
      if (isAtWork(before[i] as Reading) && (before[i] as Reading).dueMs <= atMs)
        happened.push({ what: 'clock', atMs });
    });
    if (rollout.state === 'aborting') rollout.endAbort(before, atMs);
    if (rollout.state !== 'running') return;
    if (rollout.hasTooManyFailures(before)) {
      rollout.state = 'paused';
      rollout.isPausedForFailures = true;
      return;
    }
    this.offer(rollout, before, atMs);
    rollout.moveWaves(before, atMs);
  }

  private offer(rollout: ReferenceRollout, before: readonly Reading[], atMs: number): void {
    let room = rollout.room(atMs);
    const waiting = rollout.stories.filter((_, i) => before[i]?.state === 'planned');
    for (const story of waiting.filter(({ wave }) => rollout.waves[wave]?.state !== 'pending')) {
      if (this.suspended.has(story.device)) story.happened.push({ what: 'skip', reason: 'lifecycle', atMs });
      else if (room > 0 && this.isNext(story.device, rollout)) {
        room -= 1;
        this.actions += 1;
        this.deviceOf.set(this.actions, story.device);
        story.happened.push({ what: 'offer', action: this.actions, asks: rollout.plan.needsConfirmation, atMs });
        rollout.offeredMs.push(atMs);
      }
    }
  }

  private isNext(device: string, rollout: ReferenceRollout): boolean {
    const others = [...this.rollouts.values()].filter((each) => each !== rollout);
    return others.every((other) => {
      const story = other.stories.find((each) => each.device === device);
      if (story === undefined) return true;
      const reading = other.read(story);
      const wantsIt =
        reading.state === 'planned' && other.state === 'running' && other.waves[story.wave]?.state !== 'pending';
      return !isAtWork(reading) && !(wantsIt && other.plan.weight > rollout.plan.weight);
    });
  }

  seen(): string[] {
    const devices = [...new Set(this.deviceOf.values())].sort();
    const known = devices.map((device) => `${device} ${this.runs(device).join(' ')}`);
    return [...known.filter((each) => !each.endsWith(' 0 0')), ...this.seenRollouts()];
  }

  private seenRollouts(): string[] {
    return [...this.rollouts.values()].flatMap(({ plan, state, waves, stories, read: readOf }) => [
      `${plan.id} ${state} ${waves.map((wave) => wave.state).join(' ')}`,
      ...stories.map((story) => {
        const reading = readOf(story);
        return `${plan.id}/${story.device} ${reading.state}/${reading.reason} ${story.attempt}#${reading.action ?? ''}`;
      }),
    ]);
  }
}

/** One rollout of the model: what people do to it, and its waves. */
export class ReferenceRollout {
  state = 'draft';
  isPausedForFailures = false;
  startedBy = '';
  readonly stories: Story[];
  readonly waves: ReferenceWave[];
  readonly offeredMs: number[] = [];

  constructor(readonly plan: ReferencePlan) {
    this.stories = plan.waves.flatMap((devices, wave) =>
      devices.map((device) => ({ device, wave, attempt: 1, happened: [] })),
    );
    this.waves = plan.waves.map(() => ({
      ...{ state: 'pending', sinceMs: 0, isAdvanced: false },
      excusedGood: 0,
      excusedBad: 0,
    }));
  }

  readonly read = (story: Story): Reading => readStory(story.happened, this.plan.timeoutMs);

  start(by: string): void {
    if (this.state !== 'draft') return;
    this.startedBy = by;
    this.state = this.plan.needsSecondPerson ? 'waiting-for-approval' : 'running';
  }

  approve(by: string): void {
    if (this.state === 'waiting-for-approval' && by !== this.startedBy) this.state = 'running';
  }

  pause(): void {
    if (this.state !== 'running') return;
    this.state = 'paused';
    this.isPausedForFailures = false;
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'running';
    const current = this.current();
    if (!this.isPausedForFailures || current === undefined) return;
    [current.excusedGood, current.excusedBad] = this.counts(this.stories.map(this.read), this.waves.indexOf(current));
  }

  abort(): void {
    if (['draft', 'waiting-for-approval', 'running', 'paused'].includes(this.state)) this.state = 'aborting';
  }

  advance(wave: number): void {
    const of = this.waves[wave] as ReferenceWave;
    if (this.state === 'running' && (of.state === 'running' || of.state === 'soaking')) of.isAdvanced = true;
  }

  cancel(device: string, atMs: number): void {
    for (const story of this.storiesOf(device)) story.happened.push({ what: 'cancel', cause: 'operator', atMs });
  }

  skip(device: string, atMs: number): void {
    for (const story of this.storiesOf(device)) story.happened.push({ what: 'skip', reason: 'operator', atMs });
  }

  retry(device: string): void {
    if (this.state !== 'running' && this.state !== 'paused') return;
    for (const story of this.storiesOf(device)) {
      const { state, reason } = this.read(story);
      if (!['failed', 'cancelled', 'skipped'].includes(state) || reason.startsWith('device-')) continue;
      story.attempt += 1;
      story.happened = [];
    }
  }

  endAbort(before: readonly Reading[], atMs: number): void {
    if (!before.some(isOpen)) this.state = 'aborted';
    this.stories.forEach((story, i) => {
      const { state, reason } = before[i] as Reading;
      if (isOpen(before[i] as Reading) && state !== 'cancelling' && reason !== 'refused-to-stop')
        story.happened.push({ what: 'cancel', cause: 'abort', atMs });
    });
  }

  hasTooManyFailures(before: readonly Reading[]): boolean {
    const current = this.current();
    if (current === undefined) return false;
    const [good, bad] = this.judged(before, current);
    if (bad >= this.plan.minimumFailures && bad > this.plan.pauseAbove * (good + bad)) return true;
    const isOver = current.state === 'soaking' && !current.isAdvanced && !this.isOpenWave(before, current);
    return isOver && good < this.plan.successShare * (good + bad);
  }

  moveWaves(before: readonly Reading[], atMs: number): void {
    const wave = this.waves.find(({ state }) => state !== 'done');
    if (wave === undefined) {
      if (!before.some(isOpen)) this.state = 'succeeded';
      return;
    }
    const isBusy = this.isOpenWave(before, wave);
    if (wave.state === 'pending') wave.state = 'running';
    else if (wave.isAdvanced) wave.state = 'done';
    else if (isBusy) wave.state = 'running';
    else if (wave.state === 'running') [wave.state, wave.sinceMs] = ['soaking', atMs];
    else if (atMs - wave.sinceMs >= this.plan.soakMs) wave.state = 'done';
  }

  /** A minute's devices, and within ten seconds a sixth of them. */
  room(atMs: number): number {
    const since = (ms: number): number => this.offeredMs.filter((offered) => offered > atMs - ms).length;
    const { perMinute } = this.plan;
    return Math.max(0, Math.min(perMinute - since(60_000), Math.ceil(perMinute / 6) - since(10_000)));
  }

  private current(): ReferenceWave | undefined {
    return this.waves.find(({ state }) => state === 'running' || state === 'soaking');
  }

  private judged(before: readonly Reading[], wave: ReferenceWave): [number, number] {
    const [good, bad] = this.counts(before, this.waves.indexOf(wave));
    return [Math.max(0, good - wave.excusedGood), Math.max(0, bad - wave.excusedBad)];
  }

  private isOpenWave(before: readonly Reading[], wave: ReferenceWave): boolean {
    const index = this.waves.indexOf(wave);
    return this.stories.some((story, i) => story.wave === index && isOpen(before[i] as Reading));
  }

  private counts(readings: readonly Reading[], wave: number): [number, number] {
    const ofWave = readings.filter((_, i) => this.stories[i]?.wave === wave);
    return [ofWave.filter(({ state }) => state === 'succeeded').length, ofWave.filter(isUnsuccessful).length];
  }

  private storiesOf(device: string): Story[] {
    return this.stories.filter((story) => story.device === device);
  }
}
