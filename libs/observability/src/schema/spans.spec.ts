import { describe, expect, test } from '@jest/globals';
import { attributeDeclarations, spanName, spans } from '../index.js';

const names = attributeDeclarations.map(({ name }) => name);

describe('the declared names', () => {
  test('are each declared once, and frozen', () => {
    expect(new Set(names).size).toBe(names.length);
    const declarations = [...attributeDeclarations, ...Object.values(spans)];
    expect([attributeDeclarations, spans, ...declarations].every(Object.isFrozen)).toBe(true);
    expect(declarations.every(({ emitters }) => Object.isFrozen(emitters) && emitters.length > 0)).toBe(true);
  });

  test('of ours begin with myelin., the others are of the conventions', () => {
    const others = names.filter((name) => !/^myelin\.[a-z_]+(\.[a-z_]+)?$/.test(name));
    expect(others.filter((name) => !/^(messaging|http|url|error|network|user_agent)\.[a-z._]+$/.test(name))).toEqual(
      [],
    );
  });

  test('of spans have declared attributes, and at most one part that differs', () => {
    const used = Object.values(spans).flatMap(({ attributes }): readonly string[] => attributes);
    expect(used.filter((name) => !names.includes(name))).toEqual([]);
    expect(Object.values(spans).map(({ name }) => name.split('{').length - 1)).not.toContain(2);
    expect(spanName(spans.notify, 'web$&hook')).toBe('notify web$&hook');
    expect(spanName(spans.raiseAlarm)).toBe('raise alarm');
  });
});
