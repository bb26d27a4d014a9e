/** One thing that a service needs. Checks run at each readiness request: keep them cheap. */
export interface HealthCheck {
  readonly name: string;
  /** Throws when unhealthy; the message is shown to whoever may see readiness, so it names no secret. */
  check(): Promise<void>;
  /**
   * True: the service is not ready without it. False: shown, but ready all the same, as for whatever is away for every
   * instance at once: with all of them taken out nobody would answer.
   */
  readonly critical: boolean;
}
