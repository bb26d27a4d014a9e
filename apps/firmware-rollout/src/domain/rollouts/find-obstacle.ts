import type { Obstacle } from '../assignments/assignment.js';
import { compareVersions } from '../releases/version.js';
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

/** Fleets run few versions; more than these are compared each time. */
const maxRemembered = 1_000;

/** Why a device cannot have a release; undefined when it can. The first reason of several, in the order of `obstacles`. */
export function findObstacle(release: ReleaseDemands, device: UpdatableDevice): Obstacle | undefined {
  return obstacleFinder(release)(device);
}

/** {@link findObstacle} for many devices: what their versions come to is remembered. */
export function obstacleFinder(release: ReleaseDemands): (device: UpdatableDevice) => Obstacle | undefined {
  const byVersion = new Map<string, Obstacle | undefined>();
  const obstacleInVersion = (running: string | undefined): Obstacle | undefined => {
    if (running === undefined) return undefined;
    if (byVersion.has(running)) return byVersion.get(running);
    const obstacle = obstacleOfVersion(release, running);
    if (byVersion.size < maxRemembered) byVersion.set(running, obstacle);
    return obstacle;
  };
  return ({ lifecycle, profile, hardware, runningVersion }) => {
    if (!updatable.includes(lifecycle)) return 'lifecycle';
    if (profile !== release.profile) return 'wrong-profile';
    return obstacleOfHardware(release, hardware) ?? obstacleInVersion(runningVersion);
  };
}

function obstacleOfHardware(
  { hardwareIds, isHardwareRequired = false }: ReleaseDemands,
  hardware: unknown,
): Obstacle | undefined {
  if (hardwareIds.length === 0) return undefined;
  if (hardware === undefined) return isHardwareRequired ? 'hardware-unknown' : undefined;
  if (typeof hardware !== 'string' || hardware === '') return 'hardware-unknown';
  return hardwareIds.includes(hardware) ? undefined : 'hardware-mismatch';
}

function obstacleOfVersion({ version, minimumVersion }: ReleaseDemands, running: string): Obstacle | undefined {
  if (minimumVersion !== undefined && compareVersions(running, minimumVersion) < 0) return 'version-too-old';
  return running === version ? 'already-installed' : undefined;
}
