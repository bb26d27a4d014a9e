/** Aborts at the first Ctrl-C or SIGTERM; the second one ends this process at once, and the guardians clean up. */
export function untilTold(print: (line: string) => void): AbortSignal {
  const told = new AbortController();
  const onSignal = (): void => {
    if (told.signal.aborted) process.exit(130);
    print('stopping');
    told.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return told.signal;
}
