import { TestEnvironment } from 'jest-environment-node';

/** Node's environment; a test that fails tells what the services under test logged meanwhile (`keptLogger` of libs/testing). */
// eslint-disable-next-line no-restricted-syntax -- jest takes an environment by its default export
export default class TellingEnvironment extends TestEnvironment {
  async handleTestEvent({ name, test }) {
    if (name === 'test_start') this.global.myelinKeptLines = [];
    if (name !== 'test_done' || test.errors.length === 0) return;
    const lines = this.global.myelinKeptLines ?? [];
    if (lines.length > 0) test.errors.push(withoutStack(`the services under test logged:\n${lines.join('\n')}`));
  }
}

function withoutStack(message) {
  const error = new Error(message);
  error.stack = message;
  return error;
}
