import { describe, expect, test } from '@jest/globals';
import { parseCommand } from './arguments.js';

describe('the command line', () => {
  test('up takes the ports of the README unless told otherwise', () => {
    expect(parseCommand(['up'])).toMatchObject({ name: 'up', options: { ports: 'fixed', kafkaNodes: 1 } });
    expect(parseCommand(['up', '--nodes', '3', '--kafka-port=29092', '--keep', 'data', '--free-ports'])).toMatchObject({
      options: { ports: 'free', kafkaNodes: 3, kafkaPort: 29_092, keepDir: 'data' },
    });
  });

  test('Jaeger is a command of its own, and on request a part of up', () => {
    expect(parseCommand(['jaeger'])).toEqual({ name: 'jaeger', ports: 'fixed' });
    expect(parseCommand(['jaeger', '--free-ports'])).toEqual({ name: 'jaeger', ports: 'free' });
    expect(parseCommand(['up', '--jaeger'])).toMatchObject({ options: { jaeger: true } });
    expect(parseCommand(['up'])).toMatchObject({ options: { jaeger: false } });
  });

  test.each([
    [['start'], 'there is no command start'],
    [['up', 'now'], 'now is too much'],
    [['up', '--nodes', '2'], '--nodes is 1 or 3'],
    [['up', '--kafka-port', '70000'], '--kafka-port is a port number'],
    [['up', '--fast'], "Unknown option '--fast'"],
  ])('%j is refused with the reason and the usage', (words, reason) => {
    expect(() => parseCommand(words)).toThrow(reason);
    expect(() => parseCommand(words)).toThrow('usage: local-stack <command>');
  });

  test.each(['down', 'status', 'swupdate'])('%s takes no more words', (name) => {
    expect(parseCommand([name])).toEqual({ name });
    expect(() => parseCommand([name, 'now'])).toThrow('now is too much');
  });

  test('nothing, or --help, asks for help', () => {
    expect([parseCommand([]), parseCommand(['up', '-h'])]).toEqual([{ name: 'help' }, { name: 'help' }]);
  });
});
