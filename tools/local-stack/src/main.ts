import { CodedError } from '@myelin/kernel';
import { ensureDebianPrograms, swUpdatePrograms } from './cache/debian-programs.js';
import { parseCommand, usage } from './command/arguments.js';
import { down } from './command/down.js';
import { jaeger } from './command/jaeger.js';
import { status } from './command/status.js';
import { up } from './command/up.js';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function swUpdate(): Promise<number> {
  print(await ensureDebianPrograms(swUpdatePrograms, (line) => void process.stderr.write(`${line}\n`)));
  return 0;
}

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2));
  if (command.name === 'up') return up(command.options, print);
  if (command.name === 'down') return down(print);
  if (command.name === 'status') return status(print);
  if (command.name === 'jaeger') return jaeger(command.ports, print);
  if (command.name === 'swupdate') return swUpdate();
  print(usage);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  // Our own errors are sentences for the person in front of the terminal; anything else is a fault of ours.
  process.stderr.write(`${error instanceof CodedError ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
}
