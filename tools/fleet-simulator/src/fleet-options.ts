import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { isTenantId, tenantIdPattern } from '@myelin/kernel';
import { type EncodingMix, encodingMixes } from './encoding.js';
import { defaultFaults, type FaultShares } from './fault-plan.js';
import { shippedDataFolder } from './series.js';
import { SimulatorError } from './simulator.errors.js';
import { defaultUpdateFaults, type UpdateFaultShares } from './ddi/update-faults.js';

/** What a user may choose about a fleet, on the command line of the simulator and of `npm start`. */
export interface FleetOptions {
  readonly devices: number;
  readonly intervalMs: number;
  readonly reportSize: number;
  /** Share of devices whose profile wants measurements evaluated and never stored. */
  readonly evaluateOnlyShare: number;
  /** Share of devices whose profile has filters. */
  readonly filteredShare: number;
  readonly encodings: EncodingMix;
  /** Share of devices that are traced by a client of before OpenTelemetry; undefined: not said. */
  readonly legacyShare: number | undefined;
  /** Where these report their spans; undefined: not said. */
  readonly legacyCollector: string | undefined;
  /** Undefined: until interrupted. */
  readonly forMs: number | undefined;
  readonly json: boolean;
  readonly dataFolder: string;
  readonly seed: number;
  readonly tenant: string;
  readonly faults: FaultShares;
  /** Of a rollout's updates. */
  readonly updateFaults: UpdateFaultShares;
}

export const fleetOptionNames = {
  devices: { type: 'string', default: '200' },
  interval: { type: 'string', default: '1s' },
  'report-size': { type: 'string', default: '1' },
  'evaluate-only': { type: 'string', default: '0' },
  filtered: { type: 'string', default: '0' },
  encodings: { type: 'string', default: 'json' },
  'legacy-share': { type: 'string' },
  'legacy-collector': { type: 'string' },
  for: { type: 'string' },
  json: { type: 'boolean', default: false },
  data: { type: 'string' },
  seed: { type: 'string', default: '1' },
  tenant: { type: 'string', default: 'demo' },
  duplicates: { type: 'string', default: String(defaultFaults.duplicates) },
  disorder: { type: 'string', default: String(defaultFaults.disorder) },
  lateness: { type: 'string', default: String(defaultFaults.lateness) },
  'lost-acks': { type: 'string', default: String(defaultFaults.lostAcknowledgements) },
  'clock-skew': { type: 'string', default: `${defaultFaults.clockSkewMs}ms` },
  'update-failures': { type: 'string', default: String(defaultUpdateFaults.failure) },
  'update-silence': { type: 'string', default: String(defaultUpdateFaults.silence) },
  'update-power-loss': { type: 'string', default: String(defaultUpdateFaults.powerLoss) },
  'broken-downloads': { type: 'string', default: String(defaultUpdateFaults.brokenDownload) },
} as const satisfies ParseArgsOptionsConfig;

export const fleetOptionsHelp = `  --devices <n>        devices in the fleet (200)
  --interval <time>    between two reports of a device (1s)
  --report-size <n>    measurements per report, up to 1000 (1)
  --evaluate-only <share>  of devices whose measurements are counted and never stored (0)
  --filtered <share>   of devices whose profiles have deadbands and minimum intervals (0); their clocks are behind by up to
                       an hour, so that it is decided what is redundant 10 s and ROLLUP_GRACE after the end of --for
                       (in all some 25 s with npm start, 6 minutes with telemetry's default)
  --encodings <mix>    json, or mixed: CBOR and SenML too, plain, gzip and zstd in equal shares (json)
  --legacy-share <share>  of devices that are traced by the client that Jaeger had before OpenTelemetry (0; npm start: 0.02 where it has a Jaeger)
  --legacy-collector <url>  where these report: http://host:port/api/traces, or udp://host:port (udp://localhost:6832; npm start: its Jaeger)
  --for <time>         run that long, then prove that nothing was lost or doubled (until Ctrl-C)
  --json               the last line of the output is one JSON object
  --data <folder>      recorded series to replay, CSV with columns timestamp,value (the shipped ones)
  --seed <n>           the same seed gives the same faults (1)
  --tenant <id>        (demo)
  --duplicates <share> --disorder <share> --lateness <share> --lost-acks <share>   in [0, 1] (0.01 0.05 0 0.01)
  --clock-skew <time>  half-width of the devices' clock errors (0ms)
  --update-failures <share> --update-silence <share> --update-power-loss <share> --broken-downloads <share>   of a rollout's
                       updates: the new firmware does not start, the update client is never heard again, power is lost on
                       the way, the download breaks (0.05 0.01 0.05 0.1)`;

/**
 * Parses fleet options; `extra` names further ones of the caller, returned as `rest`.
 * @throws SimulatorError simulator.options-invalid naming the option
 */
export function parseFleetOptions(
  args: readonly string[],
  extra: ParseArgsOptionsConfig = {},
): FleetOptions & { readonly rest: Readonly<Record<string, string | boolean | undefined>> } {
  const values = parse(args, extra);
  const duration = (name: string): number => durationOf(name, String(values[name]));
  const evaluateOnlyShare = numberOf('evaluate-only', values['evaluate-only'], 0, 1);
  return {
    devices: numberOf('devices', values['devices'], 1, 1_000_000),
    intervalMs: duration('interval'),
    reportSize: numberOf('report-size', values['report-size'], 1, 1_000),
    evaluateOnlyShare,
    filteredShare: numberOf('filtered', values['filtered'], 0, Number((1 - evaluateOnlyShare).toFixed(9))),
    encodings: mixOf(values['encodings']),
    legacyShare:
      values['legacy-share'] === undefined ? undefined : numberOf('legacy-share', values['legacy-share'], 0, 1),
    legacyCollector:
      values['legacy-collector'] === undefined ? undefined : collectorOf(String(values['legacy-collector'])),
    forMs: values['for'] === undefined ? undefined : duration('for'),
    json: values['json'] === true,
    dataFolder: typeof values['data'] === 'string' ? values['data'] : shippedDataFolder,
    seed: numberOf('seed', values['seed'], 0, 4_294_967_295),
    tenant: tenantOf(String(values['tenant'])),
    faults: {
      duplicates: numberOf('duplicates', values['duplicates'], 0, 1),
      disorder: numberOf('disorder', values['disorder'], 0, 1),
      lateness: numberOf('lateness', values['lateness'], 0, 1),
      lostAcknowledgements: numberOf('lost-acks', values['lost-acks'], 0, 1),
      clockSkewMs: duration('clock-skew'),
    },
    updateFaults: {
      failure: numberOf('update-failures', values['update-failures'], 0, 1),
      silence: numberOf('update-silence', values['update-silence'], 0, 1),
      powerLoss: numberOf('update-power-loss', values['update-power-loss'], 0, 1),
      brokenDownload: numberOf('broken-downloads', values['broken-downloads'], 0, 1),
    },
    rest: values,
  };
}

function parse(args: readonly string[], extra: ParseArgsOptionsConfig): Record<string, string | boolean | undefined> {
  try {
    const { values } = parseArgs({ args: [...args], options: { ...fleetOptionNames, ...extra }, strict: true });
    return values as Record<string, string | boolean | undefined>;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw SimulatorError.permanent('simulator.options-invalid', message, { cause });
  }
}

function numberOf(name: string, text: unknown, minimum: number, maximum: number): number {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && value >= minimum && value <= maximum) return value;
  throw SimulatorError.permanent('simulator.options-invalid', `--${name} takes a number from ${minimum} to ${maximum}`);
}

function mixOf(text: unknown): EncodingMix {
  const mix = encodingMixes.find((known) => known === text);
  if (mix !== undefined) return mix;
  throw SimulatorError.permanent('simulator.options-invalid', `--encodings takes ${encodingMixes.join(' or ')}`);
}

function collectorOf(text: string): string {
  if (URL.canParse(text) && /^(https?|udp):$/.test(new URL(text).protocol)) return text;
  const message = '--legacy-collector takes a URL such as http://127.0.0.1:14268/api/traces or udp://127.0.0.1:6832';
  throw SimulatorError.permanent('simulator.options-invalid', message);
}

function tenantOf(text: string): string {
  if (isTenantId(text)) return text;
  throw SimulatorError.permanent('simulator.options-invalid', `--tenant takes an id that matches ${tenantIdPattern}`);
}

/** Longer timers end at once. */
const longestMs = 2 ** 31 - 1;

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function durationOf(name: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const unit = unitsMs[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    throw SimulatorError.permanent('simulator.options-invalid', `--${name} takes a time such as 500ms, 30s, 5m or 1h`);
  }
  const ms = Number(match[1]) * unit;
  if (ms <= longestMs) return ms;
  throw SimulatorError.permanent('simulator.options-invalid', `--${name} takes at most 24 days`);
}
