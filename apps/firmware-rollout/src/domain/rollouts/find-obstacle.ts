import type { Obstacle } from '../assignments/assignment.js';
import { compareVersions } from './compare-versions.js';
import type { ScopedDevice } from './device-scope.js';

/** What a rollout asks of its devices. */
export interface ReleaseDemands {
  readonly profile: string;
  readonly version: string;
  /** None = any hardware. */
  readonly hardwareIds: readonly string[];
  /** Devices that do not say what hardware they are stay out. */
  readonly isHardwareRequired?: boolean;
  /** What a device must run at least, when it is known what it runs. */
  readonly minimumVersion?: string;
}

/** A device as the registry has it, with what it runs as far as that is known. */
export interface UpdatableDevice extends ScopedDevice {
  readonly lifecycle: string;
  /** The member `hardware` of its metadata. */
  readonly hardware?: unknown;
  readonly runningVersion?: string;
}

/** A suspended device is refused by the edge; one in quarantine may be there because of what it runs. */
const updatable: readonly string[] = ['active', 'quarantined'];

/** Why a device cannot have a release; undefined when it can. The first reason of several, in the order of `obstacles`. */
export function findObstacle(release: ReleaseDemands, device: UpdatableDevice): Obstacle | undefined {
  if (!updatable.includes(device.lifecycle)) return 'lifecycle';
  if (device.profile !== release.profile) return 'wrong-profile';
  return obstacleInHardware(release, device.hardware) ?? obstacleInVersion(release, device.runningVersion);
}

function obstacleInHardware(
  { hardwareIds, isHardwareRequired = false }: ReleaseDemands,
  hardware: unknown,
): Obstacle | undefined {
  if (hardwareIds.length === 0) return undefined;
  if (hardware === undefined) return isHardwareRequired ? 'hardware-unknown' : undefined;
  if (typeof hardware !== 'string' || hardware === '') return 'hardware-unknown';
  return hardwareIds.includes(hardware) ? undefined : 'hardware-mismatch';
}

function obstacleInVersion(
  { version, minimumVersion }: ReleaseDemands,
  running: string | undefined,
): Obstacle | undefined {
  if (running === undefined) return undefined;
  if (minimumVersion !== undefined && compareVersions(running, minimumVersion) < 0) return 'version-too-old';
  return running === version ? 'already-installed' : undefined;
}
