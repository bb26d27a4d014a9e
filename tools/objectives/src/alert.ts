import type { Window } from './objective.js';

/** `page`: somebody gets up. `ticket`: somebody looks at it on the next working day. */
export type Urgency = 'page' | 'ticket';

/** Input series of a trial, in promtool's notation, one value a minute: `up{job="x"}` -> `1x10 0x30`. */
export type Series = Readonly<Record<string, string>>;

export interface Alert {
  /** PascalCase, as Prometheus's own. */
  readonly name: string;
  /** Page of `docs/runbooks`, without its ending. Default: the name in kebab-case. */
  readonly runbook?: string;
  readonly urgency: Urgency;
  /** One line: what is so, with labels as `{{ $labels.topic }}`. */
  readonly summary: string;
  /** PromQL; fires for each series of its result. */
  readonly when: string;
  /** Only after it was so for this long. */
  readonly for?: Window;
  /** Labels of the alert beside the series' own. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The rule proves itself: with these series it fires by that minute, with those never. */
  readonly trial: { readonly fires: Series; readonly byMinute: number; readonly quiet: Series };
}

/** `OutboxOld` -> `outbox-old.md`. */
export function runbookOf({ name, runbook }: Pick<Alert, 'name' | 'runbook'>): string {
  return `${runbook ?? kebabCase(name)}.md`;
}

function kebabCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}
