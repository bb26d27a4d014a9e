/** The one server that mails go through. It is configuration, not policy, so its address needs no guard. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** `implicit`: TLS from the first byte; `required`: STARTTLS or nothing; `none` only where the way is trusted. */
  readonly tls: 'implicit' | 'required' | 'none';
  readonly user?: string;
  readonly password?: string;
  readonly from: string;
  /** Of one mail, from connecting to the server's last word. */
  readonly timeoutMs: number;
  /** Where operators look at alarms. */
  readonly externalUrl: string;
}
