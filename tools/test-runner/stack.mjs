/**
 * The servers that integration tests run on: what KAFKA_BROKERS and DATABASE_URL name, and for what they do not name, a
 * throw-away server of our own.
 * @param {(line: string) => void} log progress of downloads
 * @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>}
 */
export async function startTestStack(env, localStack, log) {
  const started = [];
  const start = async (starting) => {
    const server = await starting;
    started.push(server);
    return server;
  };
  const stop = async () => {
    await Promise.allSettled(started.splice(0).map((server) => server.stop()));
  };
  const [kafka, postgres] = await Promise.allSettled([
    env.KAFKA_BROKERS ? undefined : start(localStack.startKafka({ nodes: 1, log })),
    env.DATABASE_URL ? undefined : start(localStack.startPostgres({ log })),
  ]);
  const failed = [kafka, postgres].find((outcome) => outcome.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return {
    env: {
      KAFKA_BROKERS: kafka.value?.brokers.join(',') ?? env.KAFKA_BROKERS,
      DATABASE_URL: postgres.value?.url ?? env.DATABASE_URL,
    },
    stop,
  };
}
