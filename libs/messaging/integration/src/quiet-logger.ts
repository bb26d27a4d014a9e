import type { MessagingLogger } from '@myelin/messaging';

const nothing = (): void => undefined;
export const quietLogger: MessagingLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export interface ToldLine extends Readonly<Record<string, unknown>> {
  readonly level: string;
  readonly msg: string;
}

/** What is told, one after the other. */
export function recordedMessages(): { readonly logger: MessagingLogger; readonly told: readonly ToldLine[] } {
  const told: ToldLine[] = [];
  const at = (level: string) => (details: Record<string, unknown>, msg: string) =>
    void told.push({ ...details, level, msg });
  return { logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, told };
}
