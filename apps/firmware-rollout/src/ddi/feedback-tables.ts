import type { DeviceReport, DeviceReportKind } from '../domain/assignments/device-report.js';

export const executions = [
  ...(['closed', 'proceeding', 'canceled', 'scheduled', 'rejected', 'resumed', 'downloaded', 'download'] as const),
];
export type Execution = (typeof executions)[number];
export const finishes = ['success', 'failure', 'none'] as const;
export type Finished = (typeof finishes)[number];

/** What was asked of the device: to install, or to stop. */
export type FeedbackOn = 'deployment' | 'cancel';

type Meaning = Readonly<Record<Finished, DeviceReportKind>>;
const any = (kind: DeviceReportKind): Meaning => ({ success: kind, failure: kind, none: kind });

/** Section 3.4 of the DDI notes, both tables. */
const meanings: Readonly<Record<FeedbackOn, Readonly<Record<Execution, Meaning>>>> = {
  deployment: {
    closed: { success: 'succeeded', none: 'succeeded', failure: 'failed' },
    downloaded: any('downloaded'),
    download: any('downloading'),
    canceled: any('cancelled'),
    rejected: any('warned'),
    proceeding: any('proceeding'),
    scheduled: any('proceeding'),
    resumed: any('proceeding'),
  },
  cancel: {
    closed: { success: 'cancelled', none: 'cancelled', failure: 'cancel-refused' },
    rejected: any('cancel-refused'),
    // A word on the way, no answer: what was asked is still asked.
    canceled: any('warned'),
    downloaded: any('proceeding'),
    download: any('proceeding'),
    proceeding: any('proceeding'),
    scheduled: any('proceeding'),
    resumed: any('proceeding'),
  },
};

export function reportOf(on: FeedbackOn, execution: Execution, finished: Finished): DeviceReport {
  return { kind: meanings[on][execution][finished] };
}
