/**
 * Names of OpenTelemetry's metrics and attributes as Prometheus has them (OpenTelemetry specification, "Prometheus and
 * OpenMetrics Compatibility").
 */

const units: Readonly<Record<string, string>> = {
  ...{ s: 'seconds', ms: 'milliseconds', us: 'microseconds', min: 'minutes', h: 'hours', d: 'days' },
  ...{ By: 'bytes', KiBy: 'kibibytes', MiBy: 'mebibytes', '%': 'percent', Cel: 'celsius', Hz: 'hertz' },
};

/** `s` -> `seconds`, `By/s` -> `bytes_per_second`, `{report}` -> none. */
function unitName(unit: string): string | undefined {
  const [counted = '', per] = unit.replaceAll(/\{[^}]*\}/g, '').split('/');
  const singular = per === undefined || per === '' ? '' : `per_${(units[per] ?? per).replace(/s$/, '')}`;
  const plural = counted === '' || counted === '1' ? '' : (units[counted] ?? sanitized(counted));
  const name = [plural, singular].filter((part) => part !== '').join('_');
  return name === '' ? undefined : name;
}

export type Kind = 'counter' | 'gauge' | 'histogram';

/** The family's name, without `_total`, `_bucket` and the like. */
export function familyName(name: string, unit: string, kind: Kind): string {
  let family = sanitized(name).replace(/_total$/, '');
  if (/^\d/.test(family)) family = `_${family}`;
  const suffix = unitSuffix(unit, kind);
  if (suffix !== undefined && family !== suffix && !family.endsWith(`_${suffix}`)) family += `_${suffix}`;
  return family;
}

/** What the name of a family ends in, and its unit to OpenMetrics. */
export function unitSuffix(unit: string, kind: Kind): string | undefined {
  return unit === '1' && kind === 'gauge' ? 'ratio' : unitName(unit);
}

/** `http.route` -> `http_route`. */
export function labelName(attribute: string): string {
  const label = sanitized(attribute);
  return /^\d/.test(label) ? `key_${label}` : label;
}

function sanitized(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_').replaceAll(/_{2,}/g, '_');
}
