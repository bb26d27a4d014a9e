import type { Model } from './model.js';
import { type ParameterFault, type Parameters, readParameters, type ValuesOf } from './parameters.js';

/** What a model takes from the outside beside its parameters. */
export interface ModelContext {
  /**
   * What local time is ahead of UTC at an instant, in milliseconds: of the device's site or of its tenant. A pure function,
   * so that the same readings give the same deviations.
   */
  readonly offsetMsAt: (atMs: number) => number;
}

export type Creation<M> = { readonly model: M } | { readonly faults: readonly ParameterFault[] };

/** A kind of model: the parameters that a rule may state, and how a model comes of them. */
export interface ModelKind<Type extends string = string> {
  readonly type: Type;
  readonly parameters: Parameters;
  /** A model, or everything that is wrong with the parameters. Never throws. */
  create(parameters: unknown, context: ModelContext): Creation<Model>;
}

interface Declaration<Type extends string, P extends Parameters> {
  readonly type: Type;
  readonly parameters: P;
  /** Faults between parameters that are each right by themselves. */
  readonly check?: (values: ValuesOf<P>) => readonly ParameterFault[];
  readonly build: (values: ValuesOf<P>, context: ModelContext) => Model;
}

export function modelKind<Type extends string, P extends Parameters>(
  declaration: Declaration<Type, P>,
): ModelKind<Type> {
  const { type, parameters, check, build } = declaration;
  return {
    type,
    parameters,
    create(given, context) {
      const read = readParameters(parameters, given);
      if ('faults' in read) return read;
      const faults = check?.(read.values) ?? [];
      return faults.length > 0 ? { faults } : { model: build(read.values, context) };
    },
  };
}
