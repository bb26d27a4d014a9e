import { type Answer as AnswerOf, ApiClient as ClientOf } from '@myelin/testing';

/** The members that tests look into; which are there depends on the answer. */
export interface AnswerBody {
  readonly [member: string]: unknown;
  readonly index: number;
  readonly type: string;
  readonly nextCursor?: string;
  readonly items: readonly { readonly device: string; readonly state: string; readonly [member: string]: unknown }[];
}

export type Answer = AnswerOf<AnswerBody>;

export class ApiClient extends ClientOf<AnswerBody> {}
