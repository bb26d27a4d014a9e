import type { ServedArtifact } from '../../artifacts/answer-plan.js';
import type { AdmittedDevice } from './admit-device.js';
import type { OfferedRelease } from './offered-release.js';

/** What an action is about never changes; what is wrong in what is remembered of it could only be a fault that is mended. */
const rememberedMs = 60_000;
const rememberedFiles = 4_096;

interface Remembered {
  readonly file: ServedArtifact;
  readonly untilMs: number;
}

type FindRelease = (of: AdmittedDevice, actionId: number) => Promise<OfferedRelease | undefined>;

/** The files of actions. A device that takes one in thousands of ranges has it looked up once a minute. */
export class OfferedFiles {
  /** The one looked up longest ago first. */
  private readonly remembered = new Map<string, Remembered>();

  constructor(private readonly findRelease: FindRelease) {}

  /** Undefined: the device was offered no such file. @throws PersistenceError */
  async find(
    of: AdmittedDevice,
    { moduleId, fileName }: { readonly moduleId: number; readonly fileName: string },
    nowMs: number,
  ): Promise<ServedArtifact | undefined> {
    const name = `${of.key}/${moduleId}/${fileName}`;
    const known = this.remembered.get(name);
    if (known !== undefined && nowMs < known.untilMs && nowMs >= known.untilMs - rememberedMs) return known.file;
    const release = await this.findRelease(of, moduleId);
    const artifact = release?.chunk.artifacts.find((each) => each.fileName === fileName);
    const createdAt = release?.createdAt.get(fileName);
    if (artifact === undefined || createdAt === undefined) return undefined;
    const file = { ...artifact, createdAt };
    this.remember(name, { file, untilMs: nowMs + rememberedMs });
    return file;
  }

  private remember(name: string, remembered: Remembered): void {
    this.remembered.delete(name);
    this.remembered.set(name, remembered);
    if (this.remembered.size <= rememberedFiles) return;
    const [oldest] = this.remembered.keys();
    if (oldest !== undefined) this.remembered.delete(oldest);
  }
}
