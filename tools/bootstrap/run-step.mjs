import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { exitCodeOf } from './decisions.mjs';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs one step and resolves when it has ended. Signals go to the child, which decides when it is done; Ctrl-C on a
 * terminal reaches the child by itself, so it is only waited for.
 * @returns {Promise<{ code: number, interrupted: boolean }>}
 */
export async function runStep({ quiet = false, saying }, { words, node, env, workspace }) {
  const command = node && words[0] !== 'bash' ? [node, ...words] : words;
  if (saying) console.error(`${saying} …`);
  const child = spawn(command[0], command.slice(1), {
    cwd: workspace,
    env,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  const output = [];
  child.stdout?.on('data', (chunk) => output.push(chunk));
  child.stderr?.on('data', (chunk) => output.push(chunk));
  let interrupted = false;
  const forward = (signal) => {
    interrupted = true;
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of forwarded) process.on(signal, forward);
  try {
    const code = await finished(child);
    if (code !== 0) process.stderr.write(Buffer.concat(output));
    return { code, interrupted };
  } finally {
    for (const signal of forwarded) process.off(signal, forward);
  }
}

function finished(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(exitCodeOf(code, signal, constants.signals)));
  });
}
