import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  type AttributeBounds,
  type EmittingService,
  type MetricDeclaration,
  type ParsedFamily,
  familyName,
  labelName,
  maxSeriesPerMetric,
  metricsOf,
  parseMetrics,
} from '@myelin/observability';
import { ensureDebianPrograms, prometheusPrograms } from '@myelin/local-stack';
import type { Job } from './main-job.fixture.js';

const services = ['device-registry', 'ingest-gateway', 'telemetry', 'alerting', 'firmware-rollout'] as const;
const openMetrics = 'application/openmetrics-text; version=1.0.0';

/** Looks at the metrics of every service of a main job whenever it says how the fleet does. */
export class MetricsWatch {
  /** What was emitted and is not as declared. */
  readonly faults = new Set<string>();
  /** Names of families by service, from all looks. */
  readonly emitted = new Map<EmittingService, Set<string>>(services.map((service) => [service, new Set()]));
  /** The last text of each service, as Prometheus' own format. */
  readonly texts = new Map<EmittingService, string>();
  looks = 0;
  /** Of the clock, when the last look was over. */
  lastLookMs = 0;
  #look: Promise<void> | undefined;
  #urls: ReadonlyMap<EmittingService, string> | undefined;

  /** @param onUrls called once with the address of each service's metrics, before the first look */
  constructor(
    private readonly job: Job,
    private readonly onUrls: (urls: ReadonlyMap<EmittingService, string>) => Promise<void>,
  ) {
    job.child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('accepted/s')) this.#look ??= this.#lookAtAll();
    });
  }

  async close(): Promise<void> {
    await this.#look;
  }

  /** Declared as always there, and never seen. */
  missing(): string[] {
    return services.flatMap((service) =>
      metricsOf(service)
        .filter(({ isAbsentWhile }) => isAbsentWhile === undefined)
        .filter((declaration) => this.emitted.get(service)?.has(nameOf(declaration)) !== true)
        .map(({ name }) => `${service}: ${name}`),
    );
  }

  async #lookAtAll(): Promise<void> {
    try {
      if (this.#urls === undefined) {
        this.#urls = await adminUrls(this.job);
        await this.onUrls(this.#urls);
      }
      for (const [service, url] of this.#urls) await this.#lookAt(service, url);
      this.looks += 1;
      this.lastLookMs = Date.now();
    } catch (error) {
      // In the end services are gone; what is wrong with a text is no fault of theirs being so.
      if (!(error instanceof TypeError)) this.faults.add(String(error));
    }
    this.#look = undefined;
  }

  async #lookAt(service: EmittingService, url: string): Promise<void> {
    const open = await (await fetch(`${url}/metrics`, { headers: { accept: openMetrics } })).text();
    const plain = await (await fetch(`${url}/metrics`)).text();
    this.texts.set(service, plain);
    parseMetrics(plain, 'prometheus');
    const declared = new Map(metricsOf(service).map((declaration) => [nameOf(declaration), declaration]));
    for (const [name, family] of parseMetrics(open, 'open-metrics')) {
      if (name === 'target') continue;
      this.emitted.get(service)?.add(name);
      const declaration = declared.get(name);
      const faults = declaration === undefined ? ['is not declared'] : faultsOf(declaration, family);
      for (const fault of faults) this.faults.add(`${service}: ${name} ${fault}`);
    }
  }
}

/** What promtool says of a text; nothing when it has no objection. */
export async function promtoolSays(metrics: string): Promise<string[]> {
  const promtool = join(await ensureDebianPrograms(prometheusPrograms), 'promtool');
  const child = spawn(promtool, ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(metrics);
  const [said, complaints] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return [...new Set(`${said}${complaints}`.split('\n').filter((line) => line !== ''))];
}

async function adminUrls(job: Job): Promise<ReadonlyMap<EmittingService, string>> {
  const folder = /logs +(\S+)/.exec(job.said.errors)?.[1] ?? '';
  const urls = services.map(async (service) => {
    const log = await readFile(join(folder, `${service}.log`), 'utf8');
    return [service, /"adminUrl":"([^"]+)"/.exec(log)?.[1] ?? ''] as const;
  });
  return new Map(await Promise.all(urls));
}

function kindOf({ instrument }: MetricDeclaration): 'counter' | 'gauge' | 'histogram' {
  return instrument === 'up-down-counter' ? 'gauge' : instrument;
}

function nameOf(declaration: MetricDeclaration): string {
  return familyName(declaration.name, declaration.unit, kindOf(declaration));
}

function faultsOf(declaration: MetricDeclaration, { type, help, samples }: ParsedFamily): string[] {
  const faults: string[] = [];
  if (type !== kindOf(declaration)) faults.push(`is a ${type}`);
  if (help !== declaration.description) faults.push('has another description');
  const series = samples.filter(({ name }) => !name.endsWith('_bucket')).length;
  if (series > 2 * maxSeriesPerMetric) faults.push(`has ${series} series`);
  const bounds = new Map(Object.entries(declaration.attributes).map(([name, of]) => [labelName(name), of]));
  const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)).filter((label) => label !== 'le'));
  for (const label of new Set([...labels, ...bounds.keys()])) {
    const seen = samples.map((sample) => sample.labels[label]);
    faults.push(...labelFaults(label, seen, bounds.get(label)));
  }
  return faults;
}

/** @param seen of every sample; undefined where it has no such label */
function labelFaults(
  label: string,
  seen: readonly (string | undefined)[],
  bounds: AttributeBounds | undefined,
): string[] {
  if (bounds === undefined) return [`has the attribute ${label}`];
  const { values: allowed, pattern = /(?:)/, atMost = Infinity, isOptional = false } = bounds;
  const values = new Set(seen.filter((value) => value !== undefined));
  const strange = [...values].filter((value) => !(allowed?.includes(value) ?? pattern.test(value)));
  return [
    ...(!isOptional && seen.includes(undefined) ? [`has a point without ${label}`] : []),
    ...(strange.length > 0 ? [`has ${label} ${strange.join(' and ')}`] : []),
    ...(values.size > atMost ? [`has ${values.size} values of ${label}`] : []),
  ];
}
