import { Roles } from '@myelin/service-kit';
import { HttpCode, Post, applyDecorators } from '@nestjs/common';
import { ApiConflictResponse, ApiHeader, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { RolloutView } from './rollout-view.dto.js';

const ifMatchDescriptions = {
  required: 'what is started is what was read',
  optional: 'if given, it must hold for what changes something',
} as const;

export interface DescribedAction {
  readonly summary: string;
  /** Why it is answered with 409. */
  readonly conflicts: string;
  readonly ifMatch?: keyof typeof ifMatchDescriptions;
}

/** A route for what release managers do to a rollout: it answers with the rollout as it is afterwards. @param path behind the rollout's */
export function RolloutAction(path: string, { summary, conflicts, ifMatch = 'optional' }: DescribedAction) {
  const header = { name: 'If-Match', required: ifMatch === 'required', description: ifMatchDescriptions[ifMatch] };
  return applyDecorators(
    Post(`:rollout/${path}`),
    ApiOperation({ summary }),
    Roles('release-manager'),
    HttpCode(200),
    ApiHeader(header),
    ApiOkResponse({ type: RolloutView }),
    ApiConflictResponse({ description: conflicts }),
  );
}
