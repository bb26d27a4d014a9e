import { isProven } from '@myelin/fleet-simulator';
import type { FaultReport } from './fault-run.js';

const count = (value: number): string => value.toLocaleString('en-US');

/** The one line that a fault run ends in. */
export function verdictLine(report: FaultReport): string {
  const { scenario, proven, failures, notes, recoveredMs, kills, exits, fleet } = report;
  const unanswered = Object.entries(fleet.answers)
    .filter(([answer]) => answer !== '202')
    .map(([answer, requests]) => `${shortened(answer)} ×${count(requests)}`);
  const parts = [
    `${count(fleet.accepted)} accepted`,
    `${count(fleet.lost)} lost`,
    `${count(fleet.doubled)} doubled`,
    ...(['altered', 'invented', 'miscounted'] as const).flatMap((fault) =>
      fleet[fault] === 0 ? [] : [`${count(fleet[fault])} ${fault}`],
    ),
    `${count(fleet.duplicatesCounted)} duplicates counted`,
    ...(unanswered.length === 0 ? ['every request answered 202'] : [`not 202: ${unanswered.join(', ')}`]),
    ...(kills > 0 ? [`${kills} services killed`] : []),
    ...(exits > 0 ? [`${exits} exits`] : []),
    ...notes,
    `p50 ${milliseconds(fleet.p50Ms)}, p99 ${milliseconds(fleet.p99Ms)}`,
    recoveredMs === undefined ? 'NOT recovered' : `recovered in ${(recoveredMs / 1_000).toFixed(1)} s`,
  ];
  const reasons = isProven(fleet) ? failures : [...failures, ...fleet.findings.slice(0, 3).map(describeFinding)];
  const because = reasons.length === 0 ? '' : `; because: ${reasons.join('; ')}`;
  return `${proven ? 'PROVEN' : 'FAILED'} ${scenario}: ${parts.join(', ')}${because}`;
}

const milliseconds = (value: number | null): string => (value === null ? 'unknown' : `${count(Math.round(value))} ms`);

/** `503 urn:myelin:problem:overloaded` -> `503 overloaded` */
function shortened(answer: string): string {
  const [status = '', type = ''] = answer.split(' ');
  return `${status} ${type.split(/[/:]/).at(-1) ?? ''}`.trim();
}

function describeFinding({ fault, device, key }: { fault: string; device: string; key: string }): string {
  return `${fault} ${device} ${key}`;
}
