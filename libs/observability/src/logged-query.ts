const instant = /^[\dTZ:.+-]{1,35}$/i;
const wholeNumber = /^\d{1,15}$/;
const decimals = /^[\d.,eE+-]{1,80}$/;
const words = /^[A-Za-z0-9.]{1,16}(,[A-Za-z0-9.]{1,16}){0,31}$/;
const zones: ReadonlySet<string> = new Set([...Intl.supportedValuesOf('timeZone'), 'UTC']);

type Form = { test(value: string): boolean };

/** Parameters whose values say nothing but how much of what was asked for, by the form that such values have. */
const harmless: Readonly<Record<string, Form>> = {
  ...{ from: instant, to: instant, baselineFrom: instant, baselineTo: instant, since: instant, until: instant },
  ...{ limit: wholeNumber, bucket: words, interval: words, timeZone: { test: (value) => zones.has(value) } },
  ...{ function: words, functions: words, fill: words, summary: words, measure: words, lifecycle: words },
  ...{ histogramFrom: decimals, histogramTo: decimals, histogramBins: wholeNumber, histogramEdges: decimals },
};

/** What a name looks like; a longer text may be what somebody pasted. */
const parameterName = /^[A-Za-z][A-Za-z_-]{0,23}$/;
const maxParameters = 20;

/**
 * The query of a URL as it may stand in a log: the names of its parameters, and the values of those that are known to be
 * harmless. Never a token, never free text. Undefined without a query.
 */
export function loggedQuery(url: string): string | undefined {
  const start = url.indexOf('?');
  if (start === -1 || start === url.length - 1) return undefined;
  const given = [...new URLSearchParams(url.slice(start + 1))];
  const told = given.slice(0, maxParameters).map(([name, value]) => {
    if (!parameterName.test(name)) return '...';
    const form = Object.hasOwn(harmless, name) ? harmless[name] : undefined;
    return form?.test(value) === true ? `${name}=${value}` : name;
  });
  return [...told, ...(given.length > maxParameters ? ['...'] : [])].join('&');
}
