import { Module, type Type } from '@nestjs/common';
import { ChangeDeviceController } from './features/change-device/change-device.controller.js';
import { CreateDeviceController } from './features/create-device/create-device.controller.js';
import { DeleteDeviceController } from './features/delete-device/delete-device.controller.js';
import { ImportDevicesController, importLimits } from './features/import-devices/import-devices.controller.js';
import type { LineLimits } from './features/import-devices/split-lines.js';
import { CredentialsController } from './features/manage-credentials/credentials.controller.js';
import { MaintenanceWindowsController } from './features/manage-maintenance-windows/maintenance-windows.controller.js';
import { ProfilesController } from './features/manage-profiles/profiles.controller.js';
import { SitesController } from './features/manage-sites/sites.controller.js';
import { TenantsController } from './features/manage-tenants/tenants.controller.js';
import { TraceRequestsController } from './features/manage-trace-requests/trace-requests.controller.js';
import { MoveDeviceController } from './features/move-device/move-device.controller.js';
import { AuditController } from './features/read-audit/audit.controller.js';
import { ReadDevicesController } from './features/read-devices/read-devices.controller.js';
import { Registry } from './registry.js';

/** The table of contents: every use case that answers over HTTP. Those that run by themselves: `background.ts`. */
const controllers = [
  TenantsController,
  SitesController,
  ProfilesController,
  MaintenanceWindowsController,
  TraceRequestsController,
  CreateDeviceController,
  ReadDevicesController,
  ChangeDeviceController,
  DeleteDeviceController,
  MoveDeviceController,
  CredentialsController,
  ImportDevicesController,
  AuditController,
];

export function appModule(registry: Registry, limits: LineLimits): Type {
  @Module({
    controllers,
    providers: [
      { provide: Registry, useValue: registry },
      { provide: importLimits, useValue: limits },
    ],
  })
  class DeviceRegistryModule {}
  return DeviceRegistryModule;
}
