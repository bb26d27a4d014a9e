import type { DeviceScope } from './device-scope.js';
import type { RolloutSettings } from './rollout.js';
import type { WaveDefinition } from './wave-definition.js';

/** How a device is told: to update now, when it likes to, when it likes to until an instant, or to download and not to install. */
export type UpdateMode =
  | { readonly kind: 'forced' | 'soft' | 'download-only' }
  /** Milliseconds since the epoch. */
  | { readonly kind: 'time-forced'; readonly forcedFromMs: number };

/** What an operator wants a rollout to be. Fixed when it starts. */
export interface RolloutDefinition {
  /** Slug of the release. */
  readonly release: string;
  readonly target: DeviceScope;
  /** Devices that match later join. */
  readonly isDynamic: boolean;
  readonly waves: readonly WaveDefinition[];
  readonly mode: UpdateMode;
  /** Each device, or whoever stands before it, has to agree before it is told to update. */
  readonly needsConfirmation?: true;
  readonly settings: RolloutSettings;
}
