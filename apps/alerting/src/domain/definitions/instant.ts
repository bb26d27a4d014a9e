const instantForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 with an offset, in milliseconds since the epoch; undefined for what is none. */
export function parseInstant(text: string): number | undefined {
  if (!instantForm.test(text)) return undefined;
  // Date.parse takes the 30th of February for the 2nd of March.
  const day = text.slice(0, 'YYYY-MM-DD'.length);
  const dayMs = Date.parse(day);
  if (Number.isNaN(dayMs) || !new Date(dayMs).toISOString().startsWith(day)) return undefined;
  const instantMs = Date.parse(text);
  return Number.isNaN(instantMs) ? undefined : instantMs;
}
