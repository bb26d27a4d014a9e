import { CodedError, describeError } from '@myelin/kernel';
import { startJaeger } from '@myelin/local-stack';
import { abortOnSignals } from '@myelin/main-job';
import { drive } from './driver/drive.js';
import { startVerifiedSystem } from './driver/start-verified-system.js';
import { checkAll, failuresOf, linesOf } from './expectations/check-all.js';
import type { DrivenRequest } from './expectations/check-journey.js';
import type { JourneyName } from './expectations/journey.js';
import { journeys } from './expectations/journeys.js';
import { type Options, optionsOf, usage } from './options.js';
import { JaegerTraces } from './trace-source/jaeger-traces.js';
import { RecordedSpans, withoutKafkaHeaders } from './trace-source/recorded-spans.js';
import type { TraceSource } from './trace-source/trace-source.js';

const patienceMs = 30_000;

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options === undefined) {
    print(usage);
    return 0;
  }
  const signal = abortOnSignals(say);
  const jaeger = await startJaeger({ log: say });
  try {
    const exporting = { url: jaeger.otlpUrl, protocol: 'http/protobuf' } as const;
    const verified = await startVerifiedSystem(exporting, say, signal);
    try {
      return await verify(new JaegerTraces(jaeger.queryUrl), verified, options);
    } finally {
      await verified.stop();
    }
  } finally {
    await jaeger.stop();
  }
}

async function verify(
  jaeger: JaegerTraces,
  verified: Parameters<typeof drive>[0],
  { cutHeaders, dump }: Options,
): Promise<number> {
  const isSeen = (name: JourneyName, request: DrivenRequest): Promise<unknown> =>
    checkAll(jaeger, journeys, { [name]: request }, patienceMs);
  const requests = await drive(verified, { isSeen, say });
  say('asking Jaeger');
  let checked = await checkAll(jaeger, journeys, requests, patienceMs);
  if (cutHeaders || dump) {
    const recorded = await spansSeen(jaeger);
    if (dump) for (const span of recorded.all) print(JSON.stringify(span));
    if (cutHeaders) {
      const source: TraceSource = new RecordedSpans(withoutKafkaHeaders(recorded.all));
      checked = await checkAll(source, journeys, requests, 0);
    }
  }
  for (const line of linesOf(checked)) print(line);
  return failuresOf(checked) === 0 ? 0 : 1;
}

/** Of the traces of every name that is expected. */
async function spansSeen(jaeger: JaegerTraces): Promise<RecordedSpans> {
  const recorded = new RecordedSpans();
  for (const { signals } of journeys)
    for (const [service, names] of Object.entries(signals))
      for (const name of names)
        for (const { traceId } of await jaeger.spansNamed(service, name)) recorded.add(await jaeger.spansOf(traceId));
  return recorded;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof CodedError ? error.message : describeError(error));
    process.exit(error instanceof CodedError && error.code === 'trace-verifier.options-invalid' ? 2 : 1);
  },
);
