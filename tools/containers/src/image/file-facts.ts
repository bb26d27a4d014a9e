import { globSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checked } from './image-facts.js';

/** A package below some `node_modules` of an image. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
}

/** The part of a CycloneDX document that is looked at. */
export interface Sbom {
  readonly bomFormat?: string;
  readonly metadata?: { readonly component?: { readonly name?: string } };
  readonly components?: readonly {
    readonly group?: string;
    readonly name: string;
    readonly version: string;
    readonly purl?: string;
  }[];
}

/** Paths relative to the image's root that nothing may have, each with what it would be. */
const unwanted: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)\.env(\.[^/]*)?$/, 'an environment file'],
  [/(^|\/)\.npmrc$/, "npm's configuration"],
  [/(^|\/)_cacache(\/|$)/, "npm's cache"],
  [/^npm-cache\//, "npm's cache"],
  [/^run\/secrets\/./, 'a secret of the build'],
  [/^app\/.*\.map$/, 'a source map'],
  [/^app\/(apps|libs)\/[^/]+\/src(\/|$)/, 'sources'],
  [/^app\/(apps|libs)\/[^/]+\/(test|dist\/.*\.(spec|it|fixture)\.js$)/, 'tests'],
  [/^app\/node_modules\/\.package-lock\.json$/, 'what npm remembers of the registry'],
  [/^source(\/|$)/, 'the workspace of the build'],
];

export function checkPaths(paths: readonly string[]): Checked {
  const found = paths.flatMap((path) =>
    unwanted.filter(([pattern]) => pattern.test(path)).map(([, what]) => `${path} (${what})`),
  );
  const name = 'it has no sources, tests, maps, environment file, npm cache or npm configuration';
  return [name, found.length === 0 ? undefined : listed(found)];
}

/** @param needed in production, as `name@version`; packages of the workspace itself are not looked at */
export function checkPackages(installed: readonly InstalledPackage[], needed: ReadonlySet<string>): Checked {
  const all = installed
    .filter(({ name }) => !name.startsWith('@myelin/'))
    .map(({ name, version }) => `${name}@${version}`);
  const found = all.filter((each) => !needed.has(each));
  return ['it has no package that production does not need', found.length === 0 ? undefined : listed(found)];
}

/** Both ways: what is there is named, and what is named is there. */
export function checkSbom(sbom: Sbom, app: string, installed: readonly InstalledPackage[]): Checked[] {
  const key = (name: string, version: string): string => `${name}@${version}`;
  const named = new Set(
    sbom.components?.map(({ group, name, version }) => key(group === undefined ? name : `${group}/${name}`, version)),
  );
  // npm leaves the scope out of the name of a package of the workspace; the package URL has it.
  for (const { purl = '', version } of sbom.components ?? [])
    named.add(key(decodeURIComponent(/^pkg:npm\/(.+)@[^@]+$/.exec(purl)?.[1] ?? ''), version));
  const there = new Set(installed.map(({ name, version }) => key(name, version)));
  const missing = [...there].filter((each) => !named.has(each));
  const purls = (sbom.components ?? []).map(({ purl = '' }) => decodeURIComponent(purl.replace(/^pkg:npm\//, '')));
  const absent = purls.filter((each) => !there.has(each));
  const isRight = sbom.bomFormat === 'CycloneDX' && sbom.metadata?.component?.name === `myelin-${app}`;
  return [
    ['it has a CycloneDX document of itself', isRight ? undefined : 'it is of something else'],
    ['the document names every package that is there', missing.length === 0 ? undefined : listed(missing)],
    ['every package that the document names is there', absent.length === 0 ? undefined : listed(absent)],
  ];
}

/** All paths below a mounted image, relative to it. */
export function pathsIn(root: string): string[] {
  return globSync('**', { cwd: root, exclude: (path) => /^(proc|sys|dev)$/.test(String(path)) });
}

/** Of every `node_modules` in the application's folder of a mounted image, links to the workspace's packages followed. */
export function packagesIn(root: string): InstalledPackage[] {
  const files = globSync(['app/{apps,libs}/*/package.json', 'app/**/node_modules/{*,@*/*}/package.json'], {
    cwd: root,
  });
  return files
    .filter((file) => !lstatSync(join(root, file, '..')).isSymbolicLink())
    .map((file) => JSON.parse(readFileSync(join(root, file), 'utf8')) as InstalledPackage);
}

/** The first file below the application's folder that has the text; undefined: none. */
export function fileWith(root: string, paths: readonly string[], text: string): string | undefined {
  return paths.find((path) => {
    const file = join(root, path);
    return path.startsWith('app/') && lstatSync(file).isFile() && readFileSync(file).includes(text);
  });
}

function listed(all: readonly string[]): string {
  const more = all.length > 5 ? ` and ${all.length - 5} more` : '';
  return `${all.slice(0, 5).join(', ')}${more}`;
}
