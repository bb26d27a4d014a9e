import type { ImagePlan } from './plan.js';

/** Of `podman image inspect`, as far as it is looked at. */
export interface InspectedImage {
  readonly Size: number;
  readonly Config: {
    readonly User?: string;
    readonly Env?: readonly string[];
    readonly Entrypoint?: readonly string[];
    readonly WorkingDir?: string;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly ExposedPorts?: Readonly<Record<string, unknown>>;
    readonly Healthcheck?: { readonly Test?: readonly string[] };
  };
  readonly Healthcheck?: { readonly Test?: readonly string[] };
  readonly History: readonly { readonly created_by?: string; readonly empty_layer?: boolean }[];
}

/** A check's name and what is wrong; undefined: nothing. */
export type Checked = readonly [name: string, problem: string | undefined];

const entrypoint = ['node', '--import', '@myelin/observability/register', 'dist/main.js'];

/** What an image says of itself, held against what is known of its app. */
export function checkImage(
  image: InspectedImage,
  { app, version, description, ports }: ImagePlan,
  revision: string,
): Checked[] {
  const { User = '', Entrypoint = [], WorkingDir, Labels, ExposedPorts = {}, Env = [] } = image.Config;
  const test = (image.Config.Healthcheck ?? image.Healthcheck)?.Test ?? [];
  const labels = { title: `myelin-${app}`, description, version, revision, licenses: 'Apache-2.0' };
  const wrong = Object.entries(labels).filter(
    ([name, value]) => Labels?.[`org.opencontainers.image.${name}`] !== value,
  );
  const empty = Object.entries(Labels ?? {}).filter(([, value]) => value === '');
  return [
    ['its user is a number and not root', problem(/^[1-9]\d*:[1-9]\d*$/.test(User), `the user is "${User}"`)],
    [
      'node is started directly',
      problem(isEqual(Entrypoint, entrypoint), `the entry point is ${Entrypoint.join(' ')}`),
    ],
    ['its working directory is the app', problem(WorkingDir === `/app/apps/${app}`, `it is ${WorkingDir}`)],
    ['it runs in production mode', problem(Env.includes('NODE_ENV=production'), 'NODE_ENV is another')],
    [
      'its health command needs no shell',
      problem(isEqual(test, ['CMD', 'node', '/app/health.mjs']), `it is ${test.join(' ')}`),
    ],
    [
      'it has its ports',
      problem(
        isEqual(
          Object.keys(ExposedPorts).sort(),
          ports.map((port) => `${port}/tcp`),
        ),
        'others',
      ),
    ],
    [
      'it has its labels',
      problem(wrong.length + empty.length === 0, `wrong: ${[...wrong, ...empty].map(([name]) => name).join(', ')}`),
    ],
    ['above the base image files are copied, never changed by commands', laterLayers(image)],
  ];
}

/** A layer that removes files hides them only. Copies cannot: what is in the image is all that its layers have. */
function laterLayers({ History: history }: InspectedImage): string | undefined {
  const isCopy = (line: string): boolean => /(^|#\(nop\)\s+)(COPY|WORKDIR)\b/.test(line);
  const own = history.slice(1).filter((each) => each.empty_layer !== true);
  const first = own.findIndex(({ created_by = '' }) => isCopy(created_by));
  const changed = own.slice(first === -1 ? own.length : first).filter(({ created_by = '' }) => !isCopy(created_by));
  return problem(first !== -1 && changed.length === 0, changed.map((each) => each.created_by).join('; ') || 'no copy');
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}

function problem(isRight: boolean, text: string): string | undefined {
  return isRight ? undefined : text;
}
