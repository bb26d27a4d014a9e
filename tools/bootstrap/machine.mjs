import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { javaMajor } from './decisions.mjs';

/** The major version of the Java that would be used; undefined when there is none. */
export function installedJavaMajor(env) {
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java';
  const { stderr, error } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  return error ? undefined : javaMajor(stderr);
}

export function isOnPath(program, env) {
  return (env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The npm that runs this, or the one on the path, as the words before its arguments. */
export function npmWords(env, node) {
  const script = env.npm_execpath;
  return script && /npm-cli\.c?js$/.test(script) ? [node, script] : ['npm'];
}
