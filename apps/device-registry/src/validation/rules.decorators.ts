import { type ValidationOptions, registerDecorator } from 'class-validator';
import { HasNoFaults, type LocatedFault } from '@myelin/service-kit';
import { faultInScope } from '../domain/device-scope.js';
import { faultInLabelPatch, faultInLabels, faultInMetadata, isStorableText, slug } from '../domain/free-content.js';
import { faultInMetrics } from '../domain/profile.js';
import { isTimeZoneName } from '@myelin/kernel';

type Rule = (value: unknown) => string | undefined;

/** A DTO member held to a rule of the domain; the rule's own words are the message. */
function Obeys(name: string, rule: Rule, options?: ValidationOptions): PropertyDecorator {
  return (target, propertyName) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: propertyName as string,
      ...(options === undefined ? {} : { options }),
      validator: {
        validate: (value: unknown) => rule(value) === undefined,
        defaultMessage: (args) => `${args?.property} ${rule(args?.value) ?? ''}`,
      },
    });
  };
}

export const IsLabels = (): PropertyDecorator => Obeys('labels', faultInLabels);
export const IsLabelPatch = (): PropertyDecorator => Obeys('labelPatch', faultInLabelPatch);
export const IsObjectOrNull = (): PropertyDecorator =>
  Obeys('objectOrNull', (value) =>
    typeof value === 'object' && !Array.isArray(value) ? undefined : 'must be an object or null',
  );
export const IsMetadata = (): PropertyDecorator => Obeys('metadata', faultInMetadata);
export const IsMetrics = (): PropertyDecorator => HasNoFault(faultInMetrics);
export const IsDeviceScope = (): PropertyDecorator => HasNoFault(faultInScope);

function HasNoFault(faultIn: (value: unknown) => LocatedFault | undefined): PropertyDecorator {
  return HasNoFaults((value) => {
    const fault = faultIn(value);
    return fault === undefined ? [] : [fault];
  });
}

export const IsTimeZoneName = (): PropertyDecorator =>
  Obeys('timeZone', (value) =>
    typeof value === 'string' && isTimeZoneName(value) ? undefined : 'must be the IANA name of a time zone',
  );

export const IsSlug = (): PropertyDecorator =>
  Obeys('slug', (value) => (typeof value === 'string' && slug.test(value) ? undefined : `must match ${slug.source}`));

/** Text that a person wrote, of `min` to `max` characters. */
export const IsPlainText = (min: number, max: number): PropertyDecorator =>
  Obeys('plainText', (value) =>
    typeof value === 'string' && value.length >= min && value.length <= max && isStorableText(value)
      ? undefined
      : `must be a text of ${min} to ${max} characters`,
  );

const instantForm = /^(19[7-9]\d|[2-9]\d{3})-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

const lastInstantMs = Date.UTC(10_000, 0, 1) - 1;

/** From 1970 to 9999 (UTC). */
export function isInstantMs(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= lastInstantMs;
}

function isInstant(value: unknown): boolean {
  if (typeof value !== 'string' || !instantForm.test(value)) return false;
  // Date.parse takes the 30th of February for the 2nd of March.
  const day = value.slice(0, 'YYYY-MM-DD'.length);
  const dayMs = Date.parse(day);
  const isDay = !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(day);
  return isDay && isInstantMs(Date.parse(value));
}

/** RFC 3339 with an offset, from 1970 to 9999 (UTC). */
export const IsInstant = (): PropertyDecorator =>
  Obeys('instant', (value) => (isInstant(value) ? undefined : 'must be an RFC 3339 date and time with an offset'));
