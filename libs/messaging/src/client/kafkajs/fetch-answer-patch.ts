import response from 'kafkajs/src/protocol/requests/fetch/v11/response.js';
import { readFetchAnswer } from './fetch-answer.js';

/**
 * kafkajs 2.2.4 makes about forty objects of every record that it reads, among them one copy of all headers per
 * header: most of what consuming costs. Answers in the newest version that it speaks are read by {@link readFetchAnswer}.
 */
const patched = Symbol.for('myelin.messaging.fetch-answer-patched');

export function patchFetchAnswer(): void {
  const target = response as typeof response & { [patched]?: true };
  if (target[patched]) return;
  const { decode } = target;
  target.decode = (raw) => {
    const answer = readFetchAnswer(raw);
    return answer === undefined ? decode(raw) : Promise.resolve(answer);
  };
  target[patched] = true;
}
