import type { Logger } from '@myelin/observability';
import { BackgroundWork, type Step } from '@myelin/service-kit';
import type { Artifacts } from './artifacts/artifacts.js';
import { collectArtifacts, collectBlobs } from './features/collect-artifacts/collect-artifacts.js';
import { countRollouts } from './features/count-rollouts/count-rollouts.js';
import { foldAllCounts } from './features/run-rollouts/fold-counts.js';
import { RunRollouts } from './features/run-rollouts/run-rollouts.js';
import { forgetOverUploads } from './features/upload-artifact/forget-uploads.js';
import type { Firmware } from './firmware.js';

const foldCountsEveryMs = 10_000;

export interface BackgroundParts {
  readonly firmware: Firmware;
  readonly artifacts: Artifacts;
  readonly logger: Logger;
  readonly engineMs: number;
}

export interface Background {
  start(): void;
  /** Ends after the steps under way. */
  close(): Promise<void>;
}

/** What goes on by itself beside answering. Any number of processes may run it at once. */
export function createBackground({ firmware, artifacts, logger, engineMs }: BackgroundParts): Background {
  const work = (name: string, step: Step, pauseMs: number): BackgroundWork =>
    new BackgroundWork(name, step, pauseMs, logger);
  const { artifactGraceMs, artifactSweepMs } = artifacts.config;
  const rollouts = new RunRollouts(firmware);
  const works: readonly BackgroundWork[] = [
    work('run-rollouts', () => rollouts.step(), engineMs),
    work('fold-counts', () => foldAllCounts(firmware), foldCountsEveryMs),
    work('forget-uploads', () => forgetOverUploads(firmware, artifacts), artifactSweepMs),
    work('collect-artifacts', () => collectArtifacts(firmware, artifactGraceMs), artifactSweepMs),
    work('collect-blobs', () => collectBlobs(firmware, artifacts), artifactSweepMs),
  ];
  let uncount: () => void = () => undefined;
  return {
    start: () => {
      uncount = countRollouts(firmware);
      for (const one of works) one.start();
    },
    close: async () => {
      uncount();
      await Promise.all(works.map((one) => one.stop()));
    },
  };
}
