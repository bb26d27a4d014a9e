import { Problem } from '@myelin/service-kit';
import type { FastifyRequest } from 'fastify';

export const jsonMediaType = 'application/json';

interface Wish {
  readonly range: string;
  readonly quality: number;
  readonly position: number;
}

/** 2: a type, 1: its kind, 0: anything. */
type Precision = 0 | 1 | 2;

/**
 * Which of the types that a route offers the request wants most (RFC 9110, 12.5.1): the first one when it says nothing of
 * them, and among equals the one that it names more precisely, or earlier.
 * @throws Problem 406 not-acceptable when it wants none of them
 */
export function wantedType<Offer extends string>(request: FastifyRequest, offers: readonly [Offer, ...Offer[]]): Offer {
  const { accept } = request.headers;
  if (accept === undefined || accept.trim() === '') return offers[0];
  const wishes = accept.split(',').map(wishOf);
  const wanted = offers.flatMap((offer) => {
    const found = mostPrecise(offer, wishes);
    return found === undefined || found.wish.quality === 0 ? [] : [{ offer, ...found }];
  });
  wanted.sort(
    (left, right) =>
      right.wish.quality - left.wish.quality ||
      right.precision - left.precision ||
      left.wish.position - right.wish.position,
  );
  const [best] = wanted;
  if (best !== undefined) return best.offer;
  throw new Problem({
    status: 406,
    type: 'not-acceptable',
    title: 'The answer has no form that the request accepts',
    detail: `this is answered as ${offers.join(' or ')}`,
    extensions: { offered: offers },
  });
}

function wishOf(text: string, position: number): Wish {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { range, quality: quality >= 0 && quality <= 1 ? quality : 0, position };
}

function mostPrecise(offer: string, wishes: readonly Wish[]): { wish: Wish; precision: Precision } | undefined {
  const kind = `${offer.slice(0, offer.indexOf('/'))}/*`;
  for (const [precision, range] of [
    [2, offer],
    [1, kind],
    [0, '*/*'],
  ] as const) {
    const wish = wishes.find((one) => one.range === range);
    if (wish !== undefined) return { wish, precision };
  }
  return undefined;
}
