import type { MessagingLogger } from '@myelin/messaging';

const nothing = (): void => undefined;
export const quietLogger: MessagingLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
