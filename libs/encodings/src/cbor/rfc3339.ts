const dateTime = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Milliseconds since the epoch of an RFC 3339 date-time, rounded; undefined when it is none. A leap second is none. */
export function epochMsOf(text: string): number | undefined {
  const [, date, time, fraction = '', sign, hours = '0', minutes = '0'] = dateTime.exec(text) ?? [];
  if (date === undefined || time === undefined) return undefined;
  const wallMs = Date.parse(`${date}T${time}Z`);
  // Days that the month does not have, and 24:00, would become another time.
  if (Number.isNaN(wallMs) || !new Date(wallMs).toISOString().startsWith(`${date}T${time}`)) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return wallMs + Math.round(Number(`0${fraction}`) * 1_000) - (sign === '-' ? -offsetMs : offsetMs);
}
