const token = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

/**
 * The name of a member that an object of this text has twice; undefined when there is none. JSON.parse takes the last of both,
 * other readers the first. @param json what JSON.parse has taken
 */
export function repeatedMember(json: string): string | undefined {
  /** Per open object the names so far; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let expectsName = false;
  for (const [text] of json.matchAll(token)) {
    if (text === '{' || text === '[') {
      open.push(text === '{' ? new Set() : undefined);
      expectsName = text === '{';
    } else if (text === '}' || text === ']') {
      open.pop();
      expectsName = false;
    } else if (text === ',') expectsName = open.at(-1) !== undefined;
    else if (expectsName) {
      const name = JSON.parse(text) as string;
      const names = open.at(-1);
      if (names?.has(name) === true) return name;
      names?.add(name);
      expectsName = false;
    }
  }
  return undefined;
}
