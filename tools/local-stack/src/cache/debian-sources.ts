import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Entries of apt's sources, in the two forms that it knows: `.list` has one a line, `.sources` has paragraphs. */
export interface DebianSources {
  readonly list: string;
  readonly sources: string;
}

/**
 * Where this machine has its Debian from, with another suite: the same servers, keys and ways to them.
 * @param suite such as `sid`
 * @param root of the machine
 * @throws Error that names what is missing
 */
export async function debianSources(suite: string, root = '/'): Promise<DebianSources> {
  const release = await readFile(join(root, 'etc/os-release'), 'utf8');
  const [, codename] = /^VERSION_CODENAME=(\S+)$/m.exec(release) ?? [];
  const isOwn = (word: string): boolean => word === codename || ['stable', 'testing', 'unstable', 'sid'].includes(word);
  const apt = join(root, 'etc/apt');
  const parts = await readdir(join(apt, 'sources.list.d')).catch(() => []);
  const paths = ['sources.list', ...parts.sort().map((name) => join('sources.list.d', name))];
  const read = (ending: string): Promise<string[]> =>
    Promise.all(
      paths.filter((path) => path.endsWith(ending)).map((path) => readFile(join(apt, path), 'utf8').catch(() => '')),
    );
  const list = (await read('.list')).flatMap((text) => text.split('\n')).flatMap((line) => ofLine(line, suite, isOwn));
  const paragraphs = (await read('.sources')).flatMap((text) => text.split(/\n(?:[ \t]*\n)+/));
  const sources = paragraphs.flatMap((paragraph) => ofParagraph(paragraph, suite, isOwn));
  if (list.length + sources.length === 0) throw new Error(`no source of Debian in ${apt} that could have ${suite}`);
  return { list: `${list.join('\n')}\n`, sources: `${sources.join('\n\n')}\n` };
}

type IsOwn = (suite: string) => boolean;

function ofLine(line: string, suite: string, isOwn: IsOwn): string[] {
  const [, options = '', uri = '', own = '', components = ''] =
    /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
  return isDebian(uri, [own], components, isOwn) ? [`deb ${options}${uri} ${suite} main`] : [];
}

function ofParagraph(paragraph: string, suite: string, isOwn: IsOwn): string[] {
  const field = (name: string): string => new RegExp(`^${name}:(.*)$`, 'im').exec(paragraph)?.[1]?.trim() ?? '';
  const suites = field('Suites').split(/\s+/);
  const isUsed = /\bdeb\b/.test(field('Types')) && !/^(no|false|0|off|without|disable)$/i.test(field('Enabled'));
  if (!isUsed || !isDebian(field('URIs'), suites, field('Components'), isOwn)) return [];
  const other = (text: string, name: string, value: string): string =>
    text.replace(new RegExp(`^${name}:.*$`, 'im'), `${name}: ${value}`);
  return [other(other(other(paragraph, 'Types', 'deb'), 'Suites', suite), 'Components', 'main')];
}

/** Others' sources name their suites after Debian's, too. */
function isDebian(uris: string, suites: readonly string[], components: string, isOwn: IsOwn): boolean {
  return /\bdebian\b/.test(uris) && suites.some(isOwn) && components.split(/\s+/).includes('main');
}
