/** What the command line tools of this library take from the environment. */
export function commandEnvironment(): { readonly brokers: string | undefined; readonly namespace: string } {
  return { brokers: process.env['KAFKA_BROKERS'], namespace: process.env['KAFKA_NAMESPACE'] ?? '' };
}
