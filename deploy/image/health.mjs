/**
 * The health command of every image: is the service alive? It asks the service itself, on its own port, and needs no shell.
 * Exit code 0 or 1, with the reason. Readiness is another question: whoever waits for a database is not to be killed.
 */
import { get } from 'node:http';

const timeoutMs = 3_000;
const { HTTP_HOST = '127.0.0.1', HTTP_PORT } = process.env;
const host = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[HTTP_HOST] ?? HTTP_HOST;
const address = `http://${host}:${HTTP_PORT}/health/live`;

function end(code, line) {
  process.stdout.write(`${line}\n`, () => process.exit(code));
}

const request = get(address, { timeout: timeoutMs, agent: false }, (response) => {
  response.resume();
  const { statusCode } = response;
  end(statusCode === 200 ? 0 : 1, `${statusCode === 200 ? 'alive' : 'not alive'}: ${address} answers ${statusCode}`);
});
request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
request.on('error', (error) => end(1, `not alive: ${address}: ${error.message}`));
