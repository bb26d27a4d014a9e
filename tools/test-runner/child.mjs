import { spawn } from 'node:child_process';

/** Runs Node scripts one after the other. After an interruption the running one is told, and no other is started. */
export function createRunner(workspace) {
  let child;
  const runner = {
    interrupted: false,
    /** @returns {Promise<number>} the exit code; 130 without running when interrupted before */
    run(words, env) {
      if (runner.interrupted) return Promise.resolve(130);
      return new Promise((resolve, reject) => {
        child = spawn(process.execPath, words, { cwd: workspace, env: { ...process.env, ...env }, stdio: 'inherit' });
        child.on('error', reject);
        child.on('close', (code) => resolve(code ?? 1));
      });
    },
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      runner.interrupted = true;
      child?.kill(signal);
    });
  }
  return runner;
}
