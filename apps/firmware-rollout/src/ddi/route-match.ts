import { isDeviceId, isTenantId } from '@myelin/kernel';
import { DdiRefusal, refuse } from './ddi-refusal.js';
import { type DdiResource, type DdiRoute, resourceMethods } from './ddi-route.js';
import { historyLengthOf } from './history-length.js';

export const longestUrl = 4_096;
const longestControllerId = 256;
const longestFileName = 255;
const md5Suffix = '.MD5SUM';

/**
 * The resource behind `/{tenant}/controller/v1/{controllerId}/…`, from a URL as it stands in the request line. Segments
 * are cut at `/` before they are decoded, once: an encoded slash, a dot segment or an empty one is no path of ours.
 * Refused: 400 an unreadable encoding, a controller id that is longer than 256 or has white space, a query that is
 * no number; 404 every unknown path, ids included that can be nobody's; 405 with `Allow`; 414.
 */
export function matchDdiRoute(method: string, url: string): DdiRoute | DdiRefusal {
  if (url.length > longestUrl) return refuse('url-too-long', `the URL is longer than ${longestUrl} characters`);
  const query = url.indexOf('?');
  const segments = segmentsOf(query < 0 ? url : url.slice(0, query));
  if (segments instanceof DdiRefusal) return segments;
  const [pathTenant = '', controller, version, controllerId = '', ...rest] = segments;
  if (controller !== 'controller' || version !== 'v1' || !isTenantId(pathTenant)) return noSuchPath;
  if (isIllegalControllerId(controllerId)) return illegalControllerId;
  if (!isDeviceId(controllerId)) return noSuchPath;
  const historyLength = historyLengthOf(query < 0 ? '' : url.slice(query + 1));
  if (historyLength instanceof DdiRefusal) return historyLength;
  const resource = resourceOf(rest, historyLength);
  if (resource === undefined) return noSuchPath;
  const methods: readonly string[] = resourceMethods[resource.kind];
  if (methods.includes(method)) return { kind: 'route', pathTenant, controllerId, method, resource };
  const allow = methods.join(', ');
  return refuse('method-not-allowed', `this resource takes ${allow}`, { headers: ['allow', allow] });
}

/**
 * Whether the path names the tenant that the credential belongs to. The credential decides, so nothing is looked up by
 * the path, and tenants whose names differ in case alone stay two. The one exception is the tenant that all clients
 * have by default: Zephyr writes it in lower case.
 */
export function isTenantOfPath(pathTenant: string, tenant: string): boolean {
  return pathTenant === tenant || (isDefault(pathTenant) && isDefault(tenant));
}

function isDefault(tenant: string): boolean {
  return tenant.length === 7 && tenant.toUpperCase() === 'DEFAULT';
}

const noSuchPath = refuse('not-found', 'there is nothing at this path');
const illegalControllerId = refuse(
  'parameter-invalid',
  `a controller id has at most ${longestControllerId} characters, none of them white space`,
);

function isIllegalControllerId(id: string): boolean {
  return id.length > longestControllerId || /\s/.test(id);
}

function segmentsOf(path: string): readonly string[] | DdiRefusal {
  if (!path.startsWith('/')) return noSuchPath;
  const segments: string[] = [];
  for (const encoded of path.slice(1).split('/')) {
    const segment = decoded(encoded);
    if (segment === undefined) return refuse('parameter-invalid', 'the path is not percent-encoded UTF-8');
    if (segment === '' || segment === '.' || segment === '..' || hasIllegal(segment)) return noSuchPath;
    segments.push(segment);
  }
  return segments;
}

function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function hasIllegal(segment: string): boolean {
  return segment.includes('/') || segment.includes('\\') || segment.includes('\0');
}

function resourceOf(
  [first, second, third, ...more]: readonly string[],
  historyLength: number,
): DdiResource | undefined {
  if (more.length > (first === 'softwaremodules' ? 1 : 0)) return undefined;
  switch (first) {
    case undefined:
      return { kind: 'root' };
    case 'configData':
      return second === undefined ? { kind: 'configData' } : undefined;
    case 'deploymentBase':
      return ofAction(second, third, 'deploymentBase', 'deploymentFeedback', historyLength);
    case 'cancelAction':
      return ofAction(second, third, 'cancelAction', 'cancelFeedback', historyLength);
    case 'installedBase':
      if (second === undefined) return { kind: 'installed' };
      return ofAction(second, third, 'installedBase', undefined, historyLength);
    case 'confirmationBase':
      return confirmation(second, third, historyLength);
    case 'softwaremodules':
      return artifact(second, third, more[0]);
    default:
      return undefined;
  }
}

function ofAction(
  id: string | undefined,
  last: string | undefined,
  kind: 'deploymentBase' | 'cancelAction' | 'installedBase' | 'confirmation',
  feedback: 'deploymentFeedback' | 'cancelFeedback' | 'confirmationFeedback' | undefined,
  historyLength: number,
): DdiResource | undefined {
  const actionId = positiveInt32(id);
  if (actionId === undefined) return undefined;
  if (last !== undefined)
    return last === 'feedback' && feedback !== undefined ? { kind: feedback, actionId } : undefined;
  return kind === 'cancelAction' ? { kind, actionId } : { kind, actionId, historyLength };
}

function confirmation(second: string | undefined, third: string | undefined, length: number): DdiResource | undefined {
  if (second === undefined) return { kind: 'confirmationBase' };
  if (second === 'activateAutoConfirm' || second === 'deactivateAutoConfirm') {
    return third === undefined ? { kind: second } : undefined;
  }
  return ofAction(second, third, 'confirmation', 'confirmationFeedback', length);
}

function artifact(id: string | undefined, list: string | undefined, file: string | undefined): DdiResource | undefined {
  const moduleId = positiveInt32(id);
  if (moduleId === undefined || list !== 'artifacts') return undefined;
  if (file === undefined) return { kind: 'artifacts', moduleId };
  const isSum = file.endsWith(md5Suffix) && file.length > md5Suffix.length;
  const fileName = isSum ? file.slice(0, -md5Suffix.length) : file;
  if (fileName.length > longestFileName) return undefined;
  return { kind: isSum ? 'artifactMd5' : 'artifact', moduleId, fileName };
}

/** In decimal, without leading zeros: one name for one thing. */
function positiveInt32(text: string | undefined): number | undefined {
  if (text === undefined || text.length > 10 || !/^[1-9]\d*$/.test(text)) return undefined;
  const value = Number(text);
  return value <= 0x7fff_ffff ? value : undefined;
}
