import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Every project that has tests: `{ name, path, isBuilt }`, in the order of their paths. */
export function projectsOf(workspace) {
  const { workspaces } = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8'));
  return globSync(workspaces, { cwd: workspace })
    .filter((path) => existsSync(join(workspace, path, 'package.json')))
    .map((path) => ({ path, ...JSON.parse(readFileSync(join(workspace, path, 'package.json'), 'utf8')) }))
    .filter(({ nx }) => nx?.targets?.test)
    .map(({ name, path, nx }) => ({ name, path, isBuilt: nx.targets.build !== undefined }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * What the caller asked for: project folders or names, all when none is given, and arguments for jest behind `--`.
 * @throws Error that lists the projects when a word names none
 */
export function selection(given, projects, workspace) {
  const separator = given.indexOf('--');
  const words = separator === -1 ? given : given.slice(0, separator);
  const wanted = words.map((word) => {
    const path = relative(workspace, join(workspace, word));
    const found = projects.find((project) => [word, `@myelin/${word}`].includes(project.name) || project.path === path);
    if (found) return found;
    const message = `There is no project "${word}". The projects are ${projects.map((p) => p.path).join(', ')}.`;
    throw Object.assign(new Error(message), { code: 'test-runner.project-unknown' });
  });
  return {
    projects: wanted.length === 0 ? projects : wanted,
    jestArguments: separator === -1 ? [] : given.slice(separator + 1),
  };
}

/** Folders of projects inside the project, which run by themselves, as patterns for jest. */
export function nestedProjects(project) {
  return globSync('*/package.json', {
    cwd: project,
    exclude: (name) => ['node_modules', 'dist', 'fixtures'].includes(name),
  })
    .map((manifest) => join(project, dirname(manifest), sep))
    .map((folder) => folder.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
}
