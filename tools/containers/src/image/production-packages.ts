/** An entry of npm's lock file, as far as it is looked at. */
interface LockedPackage {
  readonly version?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const modules = 'node_modules/';

/**
 * What a project of the workspace needs in production, as `name@version`, by the lock file alone: found as Node finds it, from the
 * project on. Peers count, and nothing that only building or testing needs.
 */
export function productionPackages({ packages }: LockFile, project: string): Set<string> {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    const entry = packages[path];
    if (entry === undefined || seen.has(path)) return;
    seen.add(path);
    if (entry.link === true) return visit(entry.resolved ?? '');
    const wanted = { ...entry.dependencies, ...entry.optionalDependencies, ...entry.peerDependencies };
    for (const name of Object.keys(wanted)) {
      const found = placesOf(name, path).find((place) => packages[place] !== undefined);
      if (found !== undefined) visit(found);
    }
  };
  visit(project);
  return new Set(
    [...seen].flatMap((path) => {
      const at = path.lastIndexOf(modules);
      return at === -1 ? [] : [`${path.slice(at + modules.length)}@${packages[path]?.version ?? ''}`];
    }),
  );
}

/** Where Node looks for a package, beginning with the importer's own folder. */
function placesOf(name: string, importer: string): string[] {
  const parts = importer.split('/');
  const folders = parts
    .map((_, i) => parts.slice(0, parts.length - i).join('/'))
    .filter((each) => !each.endsWith('node_modules'));
  return [...folders.map((folder) => `${folder}/${modules}${name}`), `${modules}${name}`];
}
