import 'reflect-metadata';
import { ValidateBy } from 'class-validator';

/** A fault within the value of a member. */
export interface LocatedFault {
  /** Names of members, from the value inwards. */
  readonly path: readonly string[];
  readonly detail: string;
}

export type FaultsWithin = (value: unknown) => readonly LocatedFault[];

const rule = 'faultsWithin';
const metadataKey = Symbol(rule);

/** Holds a DTO's member to a rule that says where within its value a fault is: pointers lead there. */
export function HasNoFaults(faultsWithin: FaultsWithin): PropertyDecorator {
  const validate = (value: unknown): boolean => faultsWithin(value).length === 0;
  return (target, property) => {
    // class-validator 0.15 hands the context of a rule on only where it is asynchronous.
    Reflect.defineMetadata(metadataKey, faultsWithin, target, property);
    ValidateBy({ name: rule, validator: { validate } })(target, property);
  };
}

/** What the failed `constraint` of a DTO's member tells of the places of its faults; undefined when it tells none. */
export function locatedFaults(
  constraint: string,
  {
    target,
    property,
    value,
  }: { readonly target?: object | undefined; readonly property: string; readonly value?: unknown },
): readonly LocatedFault[] | undefined {
  if (constraint !== rule || target === undefined) return undefined;
  const faultsWithin = Reflect.getMetadata(metadataKey, target, property) as FaultsWithin | undefined;
  return faultsWithin?.(value);
}
