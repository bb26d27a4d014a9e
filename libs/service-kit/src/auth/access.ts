import 'reflect-metadata';
import { type Access, accessKey } from './access.decorators.js';

/** What `@Roles` or `@Public` say about a handler; its own decorator wins over its controller's. */
export function accessOf(controller: object, handler: object): Access | undefined {
  const own = Reflect.getMetadata(accessKey, handler) as Access | undefined;
  return own ?? (Reflect.getMetadata(accessKey, controller) as Access | undefined);
}
