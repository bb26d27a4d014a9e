import type { BackgroundWork } from '@myelin/service-kit';

export interface Background {
  start(): void;
  /** Ends after the steps under way. */
  close(): Promise<void>;
}

/** What goes on by itself beside answering. Any number of processes may run it at once. */
export function createBackground(): Background {
  const works: readonly BackgroundWork[] = [];
  return {
    start: () => {
      for (const one of works) one.start();
    },
    close: async () => {
      await Promise.all(works.map((one) => one.stop()));
    },
  };
}
