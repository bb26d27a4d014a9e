import type { ConfigSchema } from '@myelin/config';
import type { Policy } from './policy.js';
import {
  type Container,
  type EnvironmentEntry,
  type PodSpec,
  allContainers,
  environmentOf,
  workloads,
} from './workloads.js';

/** Every variable is one that the process reads, with a value that it takes; every required one is set. */
export const environmentIsKnown: Policy = (manifests, { schemas, everywhere }) =>
  workloads(manifests).flatMap((workload) => {
    const { id, kind, service } = workload;
    const schema = schemas.get(service)?.[kind === 'Job' ? 'migration' : 'service'];
    if (schema === undefined) return [`${id} runs a program that nobody declares`];
    return allContainers(workload).flatMap((container) => {
      const entries = environmentOf(container, manifests).filter(({ name }) => !everywhere.has(name));
      return [
        ...entries.flatMap((entry) => problemsOf(entry, schema).map((problem) => `${id}: ${problem}`)),
        ...missing(entries, schema).map((name) => `${id}: ${name} is not set`),
      ];
    });
  });

function problemsOf({ name, value, valueFrom }: EnvironmentEntry, schema: ConfigSchema): string[] {
  const variables = Object.values(schema);
  const direct = variables.find((variable) => variable.name === name);
  if (direct === undefined) {
    const isFile = variables.some((variable) => variable.fromFile && `${variable.name}_FILE` === name);
    return isFile ? [] : [`${name} is no variable of it`];
  }
  if (direct.secret && direct.fromFile) return [`${name} is a secret: mount it, and name the file as ${name}_FILE`];
  if (valueFrom !== undefined) return [];
  return 'problem' in direct.parse(value ?? '') ? [`${name} is not ${direct.expected}`] : [];
}

function missing(entries: readonly EnvironmentEntry[], schema: ConfigSchema): string[] {
  const set = new Set(entries.map(({ name }) => name));
  return Object.values(schema)
    .filter(({ fallback, optional }) => fallback === undefined && !optional)
    .map(({ name }) => name)
    .filter((name) => !set.has(name) && !set.has(`${name}_FILE`));
}

/** Every file that `<variable>_FILE` names is one of a Secret that is mounted there. */
export const secretFilesAreMounted: Policy = (manifests) =>
  workloads(manifests).flatMap((workload) =>
    allContainers(workload).flatMap((container) => {
      const mounted = mountedFiles(container, workload.pod);
      return environmentOf(container, manifests)
        .filter(({ name, value }) => name.endsWith('_FILE') && !mounted.has(value ?? ''))
        .map(({ name, value }) => `${workload.id}: ${name} names ${value}, where no Secret is mounted`);
    }),
  );

function mountedFiles({ volumeMounts = [] }: Container, { volumes = [] }: PodSpec): ReadonlySet<string> {
  const files = volumeMounts.flatMap(({ name, mountPath }) => {
    const sources = volumes.find((volume) => volume.name === name)?.projected?.sources ?? [];
    return sources.flatMap(({ secret }) => (secret?.items ?? []).map(({ path }) => `${mountPath}/${path}`));
  });
  return new Set(files);
}
