import type { DeviceId, TenantId } from '@myelin/kernel';

/** The kinds of resource that a device asks for, with the methods of each. Section 2 of the DDI notes. */
export const resourceMethods = {
  root: ['GET'],
  configData: ['PUT'],
  deploymentBase: ['GET'],
  deploymentFeedback: ['POST'],
  cancelAction: ['GET'],
  cancelFeedback: ['POST'],
  installedBase: ['GET'],
  installed: ['PUT'],
  confirmationBase: ['GET'],
  confirmation: ['GET'],
  confirmationFeedback: ['POST'],
  activateAutoConfirm: ['POST'],
  deactivateAutoConfirm: ['POST'],
  artifacts: ['GET'],
  artifact: ['GET', 'HEAD'],
  artifactMd5: ['GET', 'HEAD'],
} as const satisfies Record<string, readonly string[]>;

export type ResourceKind = keyof typeof resourceMethods;

/** What is about asking a device whether it agrees. */
export type ConfirmationResource =
  | { readonly kind: 'confirmationBase' | 'activateAutoConfirm' | 'deactivateAutoConfirm' }
  | {
      readonly kind: 'confirmation';
      readonly actionId: number;
      /** How many messages of its history are asked for: 0 to 100. */
      readonly historyLength: number;
    }
  | { readonly kind: 'confirmationFeedback'; readonly actionId: number };

export type DdiResource =
  | ConfirmationResource
  | { readonly kind: 'root' | 'configData' | 'installed' }
  | {
      readonly kind: 'deploymentBase' | 'installedBase';
      readonly actionId: number;
      /** As of a confirmation. */
      readonly historyLength: number;
    }
  | { readonly kind: 'deploymentFeedback' | 'cancelAction' | 'cancelFeedback'; readonly actionId: number }
  | { readonly kind: 'artifacts'; readonly moduleId: number }
  | { readonly kind: 'artifact' | 'artifactMd5'; readonly moduleId: number; readonly fileName: string };

export interface DdiRoute {
  readonly kind: 'route';
  /** As the client wrote it. What tenant it is, its credential says: {@link isTenantOfPath}. */
  readonly pathTenant: TenantId;
  readonly controllerId: DeviceId;
  readonly method: string;
  readonly resource: DdiResource;
}
