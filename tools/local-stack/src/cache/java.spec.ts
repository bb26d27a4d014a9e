import { expect, test } from '@jest/globals';
import { majorVersion } from './java.js';

test.each([
  ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17],
  ['openjdk version "21" 2023-09-19', 21],
  ['java version "1.8.0_292"', 8],
  ['openjdk version "25-ea" 2025-09-16', 25],
  ['something else', 0],
])('reads the major version from what java -version prints: %j', (output, major) => {
  expect(majorVersion(output)).toBe(major);
});
