import { pingKafka } from '../kafka/metadata-ping.js';
import { postgresAccepts } from '../postgres/startup-ping.js';
import { type RunningStack, runningStacks } from './running-stacks.js';

/** @returns 0 = everything answers, 1 = something does not, 3 = nothing runs */
export async function status(print: (line: string) => void): Promise<number> {
  const stacks = runningStacks();
  if (stacks.length === 0) {
    print('nothing runs');
    return 3;
  }
  let allAnswer = true;
  for (const stack of stacks) {
    print(`process ${stack.pid}, since ${stack.startedAt}`);
    for (const { name, address, answers } of await looks(stack)) {
      print(`  ${name.padEnd(14)} ${address}  ${answers ? 'answers' : 'DOES NOT ANSWER'}`);
      allAnswer &&= answers;
    }
  }
  return allAnswer ? 0 : 1;
}

interface Look {
  readonly name: string;
  readonly address: string;
  readonly answers: boolean;
}

function looks({ env }: RunningStack): Promise<Look[]> {
  return Promise.all(
    Object.entries(env).map(async ([name, value]) => {
      const address = withoutPassword(value);
      return { name, address, answers: await answersAt(name, value) };
    }),
  );
}

async function answersAt(name: string, value: string): Promise<boolean> {
  if (name === 'KAFKA_BROKERS') {
    const views = await Promise.all(value.split(',').map((broker) => pingKafka(Number(broker.split(':')[1]))));
    return views.every((view) => view !== undefined);
  }
  if (name === 'DATABASE_URL') return postgresAccepts(Number(new URL(value).port));
  if (name === 'OTEL_EXPORTER_OTLP_ENDPOINT') return takesExports(value);
  const discovery = `${value}/.well-known/openid-configuration`;
  return fetch(discovery).then(
    (response) => response.ok,
    () => false,
  );
}

/** An empty export is as good as any. */
function takesExports(endpoint: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${endpoint}/v1/traces`, { method: 'POST', headers, body: '{"resourceSpans":[]}' }).then(
    (response) => response.ok,
    () => false,
  );
}

function withoutPassword(value: string): string {
  return value.replace(/(\/\/[^:/@]+):[^@]*@/, '$1:***@');
}
