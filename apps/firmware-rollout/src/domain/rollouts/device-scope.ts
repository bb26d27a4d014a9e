/** Which devices something is about: every member that is given must match; none at all is the whole tenant. */
export interface DeviceScope {
  readonly devices?: readonly string[];
  readonly profiles?: readonly string[];
  readonly sites?: readonly string[];
  /** Each label must have one of the values. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
}

/** What a scope asks of a device. */
export interface ScopedDevice {
  readonly device: string;
  readonly profile: string;
  readonly site?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A scope made ready for many devices: each is looked up, not searched for. */
export function compileScope(scope: DeviceScope): (device: ScopedDevice) => boolean {
  const devices = scope.devices && new Set(scope.devices);
  const profiles = scope.profiles && new Set(scope.profiles);
  const sites = scope.sites && new Set(scope.sites);
  const labels = Object.entries(scope.labels ?? {}).map(([key, values]) => [key, new Set(values)] as const);
  return (of) =>
    (devices === undefined || devices.has(of.device)) &&
    (profiles === undefined || profiles.has(of.profile)) &&
    (sites === undefined || (of.site !== undefined && sites.has(of.site))) &&
    labels.every(([key, values]) => Object.hasOwn(of.labels, key) && values.has(of.labels[key] as string));
}
