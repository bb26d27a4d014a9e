/** `info`: nothing to do, or nothing looked at. `warning`: works, and will not for long or not well. `error`: does not work. */
export type Status = 'ok' | 'info' | 'warning' | 'error';

export interface Finding {
  /** What was looked at, e.g. `kafka.topics`. Several findings may have the same. */
  readonly check: string;
  readonly status: Status;
  /** What was seen, in one sentence, without secrets. */
  readonly detail: string;
  /** What to do, an exact command where there is one; empty where nothing is to be done. */
  readonly remedy: string;
}

export function ok(check: string, detail: string): Finding {
  return { check, status: 'ok', detail, remedy: '' };
}

export function info(check: string, detail: string, remedy = ''): Finding {
  return { check, status: 'info', detail, remedy };
}

export function warning(check: string, detail: string, remedy: string): Finding {
  return { check, status: 'warning', detail, remedy };
}

export function error(check: string, detail: string, remedy: string): Finding {
  return { check, status: 'error', detail, remedy };
}

const listed = 5;

/** The first few of them, and how many more there are. */
export function some(names: readonly string[]): string {
  const more = names.length - listed;
  return `${names.slice(0, listed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
