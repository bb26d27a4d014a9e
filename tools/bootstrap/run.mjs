/**
 * What every `npm run` command goes through: `node tools/bootstrap/run.mjs <command> [arguments]`.
 *
 * Brings the pinned Node and the locked dependencies, says what else is missing, and runs the command with them.
 * Works with any Node >= 18 and needs no dependency, because it runs before there are any.
 */
import { existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { homedir } from 'node:os';
import { chooseCache } from './cache.mjs';
import { commands, wordsOf } from './commands.mjs';
import { commandEnvironment, missingForKafka } from './decisions.mjs';
import { ensureDependencies } from './ensure-dependencies.mjs';
import { ensureNode } from './ensure-node.mjs';
import { installedJavaMajor, isOnPath } from './machine.mjs';
import { runStep } from './run-step.mjs';

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

try {
  process.exitCode = await main(process.argv[2], process.argv.slice(3));
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function main(name, given) {
  const command = commands[name];
  if (!command) {
    console.error(`There is no command "${name ?? ''}". The commands are:\n${overview()}`);
    return 2;
  }
  const cache = chooseCache(process.env, homedir());
  const node = await ensureNode(cache);
  const env = commandEnvironment(process.env, { nodeBin: dirname(node), cache, delimiter });
  await ensureDependencies(workspace, node, env);
  if (command.needsKafka) checkKafka(cache);
  for (const step of command.steps) {
    const { code, interrupted } = await runStep(step, { words: wordsOf(step, given), node, env, workspace });
    if (code !== 0) return code;
    if (interrupted) return step === command.steps.at(-1) ? 0 : 130;
  }
  return 0;
}

function checkKafka(cache) {
  const problem = missingForKafka({
    brokers: process.env.KAFKA_BROKERS,
    java: installedJavaMajor(process.env),
    hasMaven: isOnPath('mvn', process.env),
    hasJars: existsSync(join(cache, 'kafka-4.3.1')),
  });
  if (problem) throw new Error(problem);
}

function overview() {
  return Object.entries(commands)
    .map(([name, { summary }]) => `  npm run ${name.padEnd(14)} ${summary}`)
    .join('\n');
}
