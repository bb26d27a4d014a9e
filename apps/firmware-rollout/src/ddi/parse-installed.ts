import { DdiRefusal, refuse } from './ddi-refusal.js';
import { type DdiBody, parseLenientObject } from './lenient-json.js';

export const installedMaxBytes = 16_384;
const maxLength = 128;

/** What a device says that it runs. */
export interface SaidFirmware {
  readonly kind: 'installed';
  readonly name: string;
  readonly version: string;
}

/** Refused: 400 unreadable, or `name` or `version` missing or no text of 1 to 128 characters; 413. */
export function parseInstalled(body: DdiBody): SaidFirmware | DdiRefusal {
  const parsed = parseLenientObject(body, installedMaxBytes);
  if (parsed instanceof DdiRefusal) return parsed;
  const { name, version } = parsed;
  if (!isName(name)) return missing('/name');
  return isName(version) ? { kind: 'installed', name, version } : missing('/version');
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength;
}

function missing(pointer: string): DdiRefusal {
  return refuse('body-invalid', `must be a text of 1 to ${maxLength} characters`, { pointer });
}
