import { ApiProperty } from '@nestjs/swagger';
import { type RolloutState, rolloutStates } from '../../domain/rollouts/rollout.js';
import type { DeviceAssignment } from '../../persistence/device-assignments.repository.js';
import { AssignmentView, assignmentView } from './assignment.dto.js';

/** The latest of a device, shown at once. */
export const shownAssignments = 100;

export class DeviceAssignmentView extends AssignmentView {
  @ApiProperty({ description: 'its history is at `/v1/rollouts/{rollout}/assignments/{device}`' })
  rollout!: string;

  @ApiProperty({ enum: rolloutStates })
  rolloutState!: RolloutState;

  @ApiProperty()
  release!: string;
}

export class DeviceAssignmentList {
  @ApiProperty({ type: () => [DeviceAssignmentView], description: 'the latest change first, 100 at most' })
  items!: readonly DeviceAssignmentView[];
}

export function deviceAssignmentView({ row, rollout: of }: DeviceAssignment): DeviceAssignmentView {
  const rollout = { rollout: of.name, release: of.definition.release, rolloutState: of.rollout.state };
  return { ...rollout, ...assignmentView(row) };
}
