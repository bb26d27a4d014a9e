import { Transform } from 'class-transformer';

/** An instant in a query: milliseconds since the epoch, or RFC 3339. What is neither stays as it is and fails validation. */
export function Instant(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string') return value;
    if (/^\d{1,16}$/.test(value)) return Number(value);
    const [, date] = /^(\d{4}-\d{2}-\d{2})T.*(?:Z|[+-]\d{2}:\d{2})$/.exec(value) ?? [];
    return date !== undefined && isDate(date) ? Date.parse(value) : value;
  });
}

/** `Date.parse` makes 2 March of 30 February. */
function isDate(date: string): boolean {
  const midnight = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}

/** A parameter that may be given several times, or once with commas; the same text again adds nothing. */
export function Several(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    if (value === undefined) return value;
    const given = (Array.isArray(value) ? (value as unknown[]) : [value]).flatMap((one) =>
      typeof one === 'string' ? one.split(',') : [one],
    );
    return [...new Set(given)];
  });
}

export function WholeNumber(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
  );
}

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i;

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && value.length <= 400 && decimal.test(value) ? Number(value) : value;
}

/** A decimal number; what is none stays as it is and fails validation. */
export function FiniteNumber(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => numberOf(value));
}

/** Decimal numbers, given several times or once with commas. */
export function FiniteNumbers(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    value === undefined
      ? value
      : (Array.isArray(value) ? (value as unknown[]) : [value])
          .flatMap((one) => (typeof one === 'string' ? one.split(',') : [one]))
          .map(numberOf),
  );
}
