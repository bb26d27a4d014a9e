import { type Attributes, type Observable, type ObservableResult, metrics } from '@opentelemetry/api';
import type { AttributesOf, MetricDeclaration } from '../schema/metric-declaration.js';

/** Everything of ours is of one scope: who emits a metric is part of its declaration. */
const meter = (): ReturnType<typeof metrics.getMeter> => metrics.getMeter('myelin');

const optionsOf = ({ unit, description }: MetricDeclaration) => ({ unit, description });

export interface Counter<Declaration extends MetricDeclaration> {
  /** Not on a way that every message takes: it costs a microsecond. */
  add(value: number, attributes?: AttributesOf<Declaration>): void;
}

/** Counts what happens now and then; a no-op until the SDK was started. @throws TypeError for another instrument's declaration */
export function counter<const Declaration extends MetricDeclaration>(declaration: Declaration): Counter<Declaration> {
  expect(declaration, 'counter');
  const made = meter().createCounter(declaration.name, optionsOf(declaration));
  return { add: (value, attributes) => made.add(value, attributes as Attributes) };
}

export type Observe<Declaration extends MetricDeclaration> = (
  value: number,
  attributes?: AttributesOf<Declaration>,
) => void;

/**
 * Numbers that are read whenever metrics are collected: cumulative for a counter, as they are now for the others.
 * `read` observes each series once; when it fails there is no figure, which is not told (what it reads has a health check).
 * @returns ends it. @throws TypeError for a histogram's declaration
 */
export function observe<const Declaration extends MetricDeclaration>(
  declaration: Declaration,
  read: (observe: Observe<Declaration>) => void | Promise<void>,
): () => void {
  const made = observableOf(declaration);
  const callback = async (result: ObservableResult): Promise<void> => {
    try {
      await read((value, attributes) => result.observe(value, attributes as Attributes));
    } catch {
      // see above
    }
  };
  made.addCallback(callback);
  return () => made.removeCallback(callback);
}

function observableOf(declaration: MetricDeclaration): Observable {
  const { name, instrument } = declaration;
  const options = optionsOf(declaration);
  if (instrument === 'counter') return meter().createObservableCounter(name, options);
  if (instrument === 'up-down-counter') return meter().createObservableUpDownCounter(name, options);
  expect(declaration, 'gauge');
  return meter().createObservableGauge(name, options);
}

function expect({ name, instrument }: MetricDeclaration, wanted: MetricDeclaration['instrument']): void {
  if (instrument !== wanted) throw new TypeError(`${name} is declared as a ${instrument}, not as a ${wanted}`);
}
