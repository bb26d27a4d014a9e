import { type StartStackOptions, startStack } from '@myelin/local-stack';
import { testStackKind } from '../config.js';
import { type TestStack, startContainersStack } from './containers-stack.js';

/**
 * The servers for a test run: containers with `MYELIN_TEST_STACK=containers`, else the local stack.
 * The options concern the local stack only.
 */
export function startTestStack(options: StartStackOptions = {}): Promise<TestStack> {
  if (testStackKind() === 'containers') return startContainersStack();
  return startStack({ parts: ['kafka', 'postgres'], ...options });
}
