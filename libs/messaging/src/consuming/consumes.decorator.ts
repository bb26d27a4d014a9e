import 'reflect-metadata';
import type { EventContract } from '@myelin/contracts';
import { Inject, type InjectionToken } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { EventBatch, PositionStore, ReceivedRecord } from './received-record.js';
import { type HandlerMode, type HandlerRegistration, PositionsRequest, settle } from './handler-registration.js';

export interface ConsumesOptions<Mode extends HandlerMode> {
  /** Must be declared as a consumer of every contract. */
  readonly group: string;
  /** `batch`: whole partition batches. `each`: one record at a time, in order per key, keys side by side. */
  readonly mode: Mode;
  /** Provider of the controller's module that knows the stored positions. */
  readonly positions?: InjectionToken<PositionStore>;
}

type Contracts = EventContract | readonly EventContract[];
type Payloads<Of extends Contracts> =
  Of extends EventContract<infer Payload>
    ? Payload
    : Of extends readonly EventContract<infer Payload>[]
      ? Payload
      : never;
type Argument<Of extends Contracts, Mode extends HandlerMode> = Mode extends 'batch'
  ? EventBatch<Payloads<Of>>
  : ReceivedRecord<Payloads<Of>>;

/**
 * Binds a controller's method to events. What the method returns means:
 * resolved = processed; a retryable CodedError = the same again after a pause, while only that partition waits;
 * a PoisonRecord = that record is dealt with as its contract says (`onPoison`); any other error in mode `each` = poison,
 * in mode `batch` = the records are delivered again one by one to find the one that fails.
 * Exceptions are settled by the runner: Nest's exception filters do not see them.
 */
export function Consumes<const Of extends Contracts, const Mode extends HandlerMode>(
  contracts: Of,
  options: ConsumesOptions<Mode>,
) {
  const list: readonly EventContract[] = Array.isArray(contracts) ? contracts : [contracts as EventContract];
  const pattern = `${options.group} <- ${list.map((contract) => contract.type).join(', ')}`;
  const registration: HandlerRegistration = {
    group: options.group,
    mode: options.mode,
    contracts: list,
    stored: options.positions !== undefined,
  };
  return function decorate<Method extends (argument: Argument<Of, Mode>) => Promise<void> | void>(
    target: object,
    name: string,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void {
    const method = descriptor.value as unknown as (argument: unknown) => Promise<void> | void;
    const positionsProperty = `positions of ${pattern}`;
    if (options.positions !== undefined) Inject(options.positions)(target, positionsProperty);
    const wrapped = function (this: Record<string, PositionStore | undefined>, argument: unknown): unknown {
      if (argument instanceof PositionsRequest) return this[positionsProperty];
      return settle(() => method.call(this, argument));
    };
    copyMetadata(method, wrapped);
    descriptor.value = wrapped as unknown as Method;
    EventPattern(pattern, { [registrationKey]: registration })(
      target,
      name,
      descriptor as unknown as TypedPropertyDescriptor<(data: object) => unknown>,
    );
  };
}

/** Where a handler's registration stands in Nest's `extras`. */
export const registrationKey = 'myelin:consumes';

function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getMetadataKeys(from)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
  }
}
