import { type SpanDeclaration, attributeDeclarations, spans as declared } from '@myelin/observability';
import type { SeenSpan } from '../trace-source/trace-source.js';
import { attributesNotBroughtAbout, spansNotBroughtAbout } from './cannot-be-seen.js';

/** Whose spans are not ours to declare. */
const instrumentation = new Set(['@opentelemetry/instrumentation-http', '@opentelemetry/instrumentation-pg']);
const declarations: readonly SpanDeclaration[] = Object.values(declared);
const attributesByName = new Map(attributeDeclarations.map((declaration) => [declaration.name, declaration]));

/**
 * What was seen and is not declared: spans by name, writer and the attributes that each of them has; attributes of ours and of
 * messaging by name and writer. A line for each kind, none when all is declared.
 */
export function undeclaredIn(seen: readonly SeenSpan[]): string[] {
  const faults = seen.flatMap((span) => {
    const isKnown = instrumentation.has(span.scope) || declarations.some((declaration) => isOne(span, declaration));
    const line = `span ${span.name} of ${span.scope} in ${span.service}, with ${Object.keys(span.attributes).join(' ')}`;
    return [...(isKnown ? [] : [line]), ...undeclaredAttributesOf(span)];
  });
  return [...new Set(faults)].sort();
}

/** What is declared and was not seen, without what the run need not bring about. */
export function unseenIn(seen: readonly SeenSpan[]): string[] {
  const names = new Set(seen.flatMap(({ attributes }) => Object.keys(attributes)));
  const spans = declarations.filter(
    (declaration) => !spansNotBroughtAbout.has(declaration) && !seen.some((span) => isOne(span, declaration)),
  );
  const attributes = [...attributesByName.keys()].filter(
    (name) => name.startsWith('myelin.') && !attributesNotBroughtAbout.has(name) && !names.has(name),
  );
  return [...spans.map(({ name }) => `span ${name}`), ...attributes.map((name) => `attribute ${name}`)];
}

/** Attributes with one of these words in their value. The line does not repeat the value. */
export function secretsIn(seen: readonly SeenSpan[], secrets: readonly string[]): string[] {
  const lines = seen.flatMap(({ name, service, attributes }) =>
    Object.entries(attributes)
      .filter(([, value]) => secrets.some((secret) => value.includes(secret)))
      .map(([attribute]) => `${attribute} of ${name} in ${service}`),
  );
  return [...new Set(lines)].sort();
}

function undeclaredAttributesOf({ attributes, service, name }: SeenSpan): string[] {
  return Object.keys(attributes)
    .filter((attribute) => /^(myelin|messaging)\./.test(attribute))
    .filter((attribute) => !(attributesByName.get(attribute)?.emitters ?? []).some((one) => isIn(one, service)))
    .map((attribute) => `attribute ${attribute} of ${name} in ${service}`);
}

/** Every service uses the libraries. */
function isIn(emitter: string, service: string): boolean {
  return emitter.startsWith('libs/') || emitter === service;
}

function isOne({ name, scope, service, attributes }: SeenSpan, declaration: SpanDeclaration): boolean {
  const writers = declaration.emitters.filter((emitter) => isIn(emitter, service));
  return (
    writers.some((emitter) => scope === `@myelin/${emitter.replace('libs/', '')}`) &&
    patternOf(declaration).test(name) &&
    declaration.attributes.every((attribute) => attribute in attributes)
  );
}

function patternOf({ name }: SpanDeclaration): RegExp {
  return new RegExp(`^${name.replace(/\{[^}]*\}/, '.+')}$`);
}
