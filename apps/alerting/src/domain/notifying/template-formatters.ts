import { utcOffsetMsAt, wallTimeAt } from '@myelin/kernel';
import type { FieldKind, TemplateValue } from './template.js';

export type Formatter = (value: TemplateValue) => string;

/** Makes a formatter of its argument, or says what is wrong with it. */
type FormatterMaker = (argument: string | undefined, isLocation: (name: string) => boolean) => Formatter | string;

const formatters: Readonly<Record<string, { readonly of: FieldKind; readonly make: FormatterMaker }>> = {
  humanize: { of: 'number', make: withoutArgument((value) => humanize(Number(value))) },
  percent: { of: 'number', make: withoutArgument((value) => `${trimmed(Number(value) * 100, 4)} %`) },
  duration: { of: 'number', make: withoutArgument((value) => humanizeDuration(Number(value))) },
  fixed: { of: 'number', make: fixed },
  date: { of: 'instant', make: date },
};

export function findFormatter(name: string | undefined, kind: FieldKind): FormatterMaker | undefined {
  if (name === undefined) return withoutArgument(kind === 'instant' ? iso : plain);
  const found = Object.hasOwn(formatters, name) ? formatters[name] : undefined;
  return found?.of === kind ? found.make : undefined;
}

export function formatterNames(kind: FieldKind): string[] {
  const names = Object.keys(formatters).filter((name) => formatters[name]?.of === kind);
  return names.length > 0 ? names : ['nothing'];
}

function withoutArgument(format: Formatter): FormatterMaker {
  return (argument) => (argument === undefined ? format : 'takes no argument');
}

function plain(value: TemplateValue): string {
  return typeof value === 'object' ? '' : String(value);
}

function iso(value: TemplateValue): string {
  const date = new Date(Number(value));
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

function fixed(argument: string | undefined): Formatter | string {
  if (argument === undefined || !/^\d$/.test(argument)) return 'needs a number of decimals: fixed "1"';
  return (value) => shown(Number(value)) ?? Number(value).toFixed(Number(argument));
}

function date(argument: string | undefined, isLocation: (name: string) => boolean): Formatter | string {
  if (argument === undefined || !isLocation(argument)) return 'needs a time zone: date "Europe/Berlin"';
  return (value) => (iso(value) === '' ? '' : localTime(argument, Number(value)));
}

/** `2026-11-26 09:00:00 GMT+01:00`, which reads the same to everybody. A zone's own format would be 30 kB for each place. */
function localTime(timeZone: string, instantMs: number): string {
  const { year, month, day, hour, minute, second } = wallTimeAt(timeZone, instantMs);
  const offsetMs = utcOffsetMsAt(timeZone, instantMs);
  const [date, time] = [[year, month, day].map(twoDigits).join('-'), [hour, minute, second].map(twoDigits).join(':')];
  return `${date} ${time} GMT${offsetMs < 0 ? '\u2212' : '+'}${showOffset(Math.abs(offsetMs))}`;
}

/** Seconds are for the time before there were zones. */
function showOffset(offsetMs: number): string {
  const seconds = Math.round(offsetMs / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts
    .slice(0, seconds % 60 === 0 ? 2 : 3)
    .map(twoDigits)
    .join(':');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

const large = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const small = ['', 'm', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];

/** As Prometheus' `humanize`: four significant digits and a metric prefix. */
function humanize(value: number): string {
  const special = shown(value);
  if (special !== undefined) return special;
  let scaled = value;
  let step = 0;
  const prefixes = Math.abs(value) >= 1 ? large : small;
  for (; prefixes === large && Math.abs(scaled) >= 1000 && step < prefixes.length - 1; step++) scaled /= 1000;
  for (; prefixes === small && scaled !== 0 && Math.abs(scaled) < 1 && step < prefixes.length - 1; step++)
    scaled *= 1000;
  return `${trimmed(scaled, 4)}${prefixes[step]}`;
}

/** `90061000` -> `1d 1h 1m 1s`; below a second in milliseconds. */
function humanizeDuration(ms: number): string {
  const special = shown(ms);
  if (special !== undefined) return special;
  const sign = ms < 0 ? '-' : '';
  const left = Math.abs(ms);
  if (left < 1000) return `${sign}${trimmed(left, 4)}ms`;
  const seconds = Math.round(left / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return (
    sign +
    parts
      .slice(first)
      .map(([count, unit]) => `${count}${unit}`)
      .join(' ')
  );
}

function trimmed(value: number, digits: number): string {
  return shown(value) ?? String(Number(value.toPrecision(digits)));
}

function shown(value: number): string | undefined {
  return Number.isFinite(value) ? undefined : String(value);
}
