/** A stage of a Dockerfile with everything that it inherits from stages of the same file. */
export interface Stage {
  readonly name: string;
  /** `KEYWORD rest`, continuation lines joined, comments left out; the inherited ones first. */
  readonly instructions: readonly string[];
}

/** @throws Error for an instruction before the first stage that is no ARG */
export function stagesOf(dockerfile: string): Map<string, Stage> {
  const lines = dockerfile
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const stages = new Map<string, { name: string; instructions: string[] }>();
  let stage: { name: string; instructions: string[] } | undefined;
  for (const line of lines) {
    const [, parent = '', name = ''] = /^FROM (\S+) AS (\S+)$/.exec(line) ?? [];
    if (name !== '') {
      stage = { name, instructions: [...(stages.get(parent)?.instructions ?? [])] };
      stages.set(name, stage);
    } else if (stage !== undefined) stage.instructions.push(line);
    else if (!line.startsWith('ARG ')) throw new Error(`an instruction before the first stage: ${line}`);
  }
  return stages;
}

/** What the last instruction with this keyword says; undefined when there is none. */
export function lastOf(stage: Stage, keyword: string): string | undefined {
  const found = stage.instructions.findLast((line) => line.startsWith(`${keyword} `));
  return found?.slice(keyword.length + 1);
}

/** The name of the base image: the default of the argument NODE_IMAGE. @throws Error when there is none */
export function baseImageOf(dockerfile: string): string {
  const [, image] = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile) ?? [];
  if (image === undefined) throw new Error('deploy/Dockerfile has no default for NODE_IMAGE');
  return image;
}
