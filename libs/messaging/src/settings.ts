export interface KafkaSettings {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Prefix of every topic and group on the wire (`<namespace>.<name>`); none by default. Tests take a random one. */
  readonly namespace?: string;
  readonly ssl?: boolean | TlsSettings;
  readonly sasl?: SaslSettings;
  /** How long a request to a broker may take, default 30,000. */
  readonly requestTimeoutMs?: number;
  /** How long opening a connection may take, default 3,000. */
  readonly connectionTimeoutMs?: number;
}

/** PEM texts; what is absent is taken from the system. */
export interface TlsSettings {
  readonly ca?: string | readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface SaslSettings {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** What this library needs of a logger; a pino logger fits. */
export interface MessagingLogger {
  debug(details: Record<string, unknown>, message: string): void;
  info(details: Record<string, unknown>, message: string): void;
  warn(details: Record<string, unknown>, message: string): void;
  error(details: Record<string, unknown>, message: string): void;
}

/** The name of a topic or group as brokers know it. */
export function wireName(settings: Pick<KafkaSettings, 'namespace'>, name: string): string {
  return settings.namespace ? `${settings.namespace}.${name}` : name;
}

/** The inverse of {@link wireName}; undefined when the name belongs to another namespace. */
export function logicalName(settings: Pick<KafkaSettings, 'namespace'>, wire: string): string | undefined {
  if (!settings.namespace) return wire;
  const prefix = `${settings.namespace}.`;
  return wire.startsWith(prefix) ? wire.slice(prefix.length) : undefined;
}
