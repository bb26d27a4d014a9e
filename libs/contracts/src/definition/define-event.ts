import type { Static, TSchema } from '@sinclair/typebox';
import { checkDeclaration, checkExample } from './check-declaration.js';
import type { ServiceName, TopicDefinition } from './define-topic.js';
import type { KeyKind } from './record-key.js';
import { deepFreeze } from './schema-walk.js';
import { type Validator, type ValidatorMode, compileValidator } from './validator.js';

/** What happens to a record that can never be processed by a group. */
export type PoisonPolicy =
  /** To the dead-letter topic; the records behind it go on. */
  | 'park'
  /** To the dead-letter topic together with every later record of the same key, until an operator replays it. */
  | 'halt-key';

export interface GroupConsumer {
  readonly kind: 'group';
  /** `<service>.<feature>`: the Kafka consumer group. */
  readonly group: string;
  readonly service: ServiceName;
  readonly onPoison: PoisonPolicy;
}

/** Every process of the service reads the whole topic into memory, with a private group. */
export interface TableConsumer {
  readonly kind: 'table';
  readonly service: ServiceName;
}

export type ConsumerDeclaration = GroupConsumer | TableConsumer;

/** The version is still published, for consumers that have not moved yet. */
export interface Deprecation {
  /** CloudEvents `type` of the version to move to. */
  readonly successor: string;
  /** The first day (`YYYY-MM-DD`, UTC) on which it may no longer be published. */
  readonly endsOn: string;
}

export interface EventDeclaration<Schema extends TSchema> {
  /** Kebab-case; past tense for events, a noun for state. */
  readonly name: string;
  readonly area: string;
  readonly version: number;
  readonly topic: TopicDefinition;
  readonly key: KeyKind;
  readonly summary: string;
  /** Closed (`additionalProperties: false`); what producers are held to. */
  readonly schema: Schema;
  readonly example: Static<Schema>;
  readonly exampleKey: string;
  /** Headers beside the CloudEvents ones, name -> meaning. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly consumers: readonly ConsumerDeclaration[];
  readonly deprecated?: Deprecation;
}

export interface EventContract<Payload = unknown> {
  readonly name: string;
  readonly area: string;
  readonly version: number;
  /** CloudEvents `type`: `io.myelin.<area>.<name>.v<version>`. */
  readonly type: string;
  readonly topic: TopicDefinition;
  readonly key: KeyKind;
  readonly summary: string;
  readonly schema: TSchema;
  readonly example: Payload;
  readonly exampleKey: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly consumers: readonly ConsumerDeclaration[];
  readonly deprecated?: Deprecation;
  /** For producers: refuses what the schema does not name. */
  readonly strict: Validator<Payload>;
  /** For consumers: unknown members are let through, so that a newer producer may add optional ones. */
  readonly tolerant: Validator<Payload>;
}

export type PayloadOf<Contract> = Contract extends EventContract<infer Payload> ? Payload : never;

/**
 * Declares an event once; everything else is derived from the frozen result. Validators are compiled at their first use: a
 * process has need of few.
 * @throws TypeError naming the broken rule; for an example that breaks the schema, from the validators
 */
export function defineEvent<const Schema extends TSchema>(
  declaration: EventDeclaration<Schema>,
): EventContract<Static<Schema>> {
  const { name, area, version, topic, key, summary, schema, example, exampleKey } = declaration;
  const type = `io.myelin.${area}.${name}.v${version}`;
  checkDeclaration(type, declaration);
  const { headers = {}, consumers, deprecated } = declaration;
  const data = deepFreeze({
    name,
    area,
    version,
    type,
    topic,
    key,
    summary,
    schema,
    example,
    exampleKey,
    headers,
    consumers,
    ...(deprecated && { deprecated }),
  });
  const checked = (mode: ValidatorMode): Validator<Static<Schema>> => {
    const validate = compileValidator<Static<Schema>>(schema, mode);
    checkExample(type, validate(example));
    return validate;
  };
  return Object.freeze({
    ...data,
    strict: atFirstUse(() => checked('strict')),
    tolerant: atFirstUse(() => checked('tolerant')),
  });
}

function atFirstUse<Payload>(compile: () => Validator<Payload>): Validator<Payload> {
  let validate: Validator<Payload> | undefined;
  return (value) => (validate ??= compile())(value);
}
