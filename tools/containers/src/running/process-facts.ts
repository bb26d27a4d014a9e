import type { Checked } from '../image/image-facts.js';

/** Of the container's first process, as the machine's /proc shows it. */
export interface ProcessFacts {
  readonly status: string;
  readonly mountinfo: string;
  readonly commandLine: readonly string[];
}

/** What the kernel says of a service's process, whatever the container was told to be. */
export function checkProcess({ status, mountinfo, commandLine }: ProcessFacts): Checked[] {
  const ids = [...field(status, 'Uid'), ...field(status, 'Gid')];
  const pids = field(status, 'NSpid');
  const capabilities = ['CapEff', 'CapPrm', 'CapBnd'].flatMap((name) => field(status, name));
  const root = mountinfo.split('\n').find((line) => line.split(' ')[4] === '/');
  return [
    ['its process is not root', problem(ids.length === 8 && !ids.includes('0'), `ids ${ids.join(' ')}`)],
    [
      'process 1 is node',
      problem(pids.at(-1) === '1' && commandLine[0] === 'node', `${pids.at(-1)}: ${commandLine.join(' ')}`),
    ],
    [
      'it has no capability',
      problem(
        capabilities.every((each) => /^0+$/.test(each)),
        capabilities.join(' '),
      ),
    ],
    ['it can gain no privilege', problem(field(status, 'NoNewPrivs')[0] === '1', 'NoNewPrivs is not set')],
    ['its root is read-only', problem(root?.split(' ')[5]?.split(',')[0] === 'ro', root ?? 'no root')],
  ];
}

function field(status: string, name: string): string[] {
  const line = status.split('\n').find((each) => each.startsWith(`${name}:`));
  return (
    line
      ?.slice(name.length + 1)
      .trim()
      .split(/\s+/) ?? []
  );
}

function problem(isRight: boolean, text: string): string | undefined {
  return isRight ? undefined : text;
}
