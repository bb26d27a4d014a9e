import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ensureDebianPrograms, freePorts, prometheusPrograms } from '@myelin/local-stack';
import { allAlerts, dashboards, derivedFiles } from '@myelin/objectives';

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

/** A real Prometheus that collects from a running system each second, under the rules of `deploy/prometheus`. */
export class PrometheusWatch {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
    private readonly folder: string,
  ) {}

  /** @param targets address of `/metrics` by service */
  static async start(targets: ReadonlyMap<string, string>): Promise<PrometheusWatch> {
    const program = join(await ensureDebianPrograms(prometheusPrograms), 'prometheus');
    const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    await mkdir(join(folder, 'rules'));
    for (const [path, content] of derivedFiles())
      if (path.endsWith('.yml')) await writeFile(join(folder, 'rules', basename(path)), content);
    const scrapes = [...targets].map(([job, url]) => ({
      ...{ job_name: job, static_configs: [{ targets: [new URL(url).host] }] },
    }));
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '2s' },
      ...{ rule_files: [join(folder, 'rules', '*.yml')], scrape_configs: scrapes },
    };
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config)); // JSON is YAML
    const [port] = await freePorts(1);
    const child = spawn(
      program,
      [
        ...[`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`],
        ...[`--web.listen-address=127.0.0.1:${port}`, '--enable-feature=exemplar-storage'],
      ],
      { stdio: 'ignore' },
    );
    return new PrometheusWatch(child, `http://127.0.0.1:${port}`, folder);
  }

  /** Queries that are refused, and those without data that should have some. @param atMs of the clock, when all was well */
  async faults(atMs: number): Promise<string[]> {
    const faults: string[] = [];
    for (const { uid, rows } of dashboards) {
      for (const { title, queries, mayBeEmpty } of rows.flatMap(({ panels }) => panels)) {
        for (const [expression] of queries) {
          const fault = await this.#faultOf(expression, atMs, mayBeEmpty !== undefined);
          if (fault !== undefined) faults.push(`${uid}, ${title}: ${fault}`);
        }
      }
    }
    for (const { name, when } of allAlerts) {
      const fault = await this.#faultOf(when, atMs, true);
      if (fault !== undefined) faults.push(`${name}: ${fault}`);
    }
    return faults;
  }

  /** Metrics with exemplars that carry a trace id. */
  async exemplars(fromMs: number): Promise<string[]> {
    const query = `query={__name__=~".*_bucket"}&start=${fromMs / 1_000}&end=${Date.now() / 1_000}`;
    const answer = await fetch(`${this.url}/api/v1/query_exemplars?${query}`);
    const { data } = (await answer.json()) as {
      readonly data: readonly {
        readonly seriesLabels: { readonly __name__: string };
        readonly exemplars: readonly Exemplar[];
      }[];
    };
    const traced = data.filter(({ exemplars }) =>
      exemplars.some(({ labels }) => /^[0-9a-f]{32}$/.test(labels.trace_id ?? '')),
    );
    return [...new Set(traced.map(({ seriesLabels }) => seriesLabels.__name__))];
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async #faultOf(expression: string, atMs: number, mayBeEmpty: boolean): Promise<string | undefined> {
    const query = new URLSearchParams({
      query: expression.replaceAll('$__rate_interval', '15s'),
      time: String(atMs / 1_000),
    });
    const { status, error, data } = (await (
      await fetch(`${this.url}/api/v1/query?${query.toString()}`)
    ).json()) as Answer;
    if (status !== 'success') return `${error} in ${expression}`;
    const values = (data?.result ?? []).map(({ value }) => value[1]);
    return mayBeEmpty || values.some((value) => value !== 'NaN') ? undefined : `no data for ${expression}`;
  }
}

interface Exemplar {
  readonly labels: { readonly trace_id?: string };
}
