export const lifecycles = ['created', 'provisioned', 'active', 'suspended', 'quarantined', 'retired'] as const;
export type Lifecycle = (typeof lifecycles)[number];

/** Where a device may go from each state. `retired` is the end: only a new record brings the id back. */
export const transitions: Readonly<Record<Lifecycle, readonly Lifecycle[]>> = {
  created: ['provisioned', 'retired'],
  provisioned: ['active', 'suspended', 'retired'],
  active: ['suspended', 'quarantined', 'retired'],
  suspended: ['active', 'retired'],
  quarantined: ['active', 'retired'],
  retired: [],
};

export type TransitionDecision =
  { readonly allowed: true } | { readonly allowed: false; readonly targets: readonly Lifecycle[] };

/** What an operator may ask for. `provisioned` means "has a credential", so only the first credential leads there. */
export function operatorTargets(from: Lifecycle): readonly Lifecycle[] {
  return transitions[from].filter((target) => target !== 'provisioned');
}

export function decideTransition(from: Lifecycle, to: Lifecycle): TransitionDecision {
  const targets = operatorTargets(from);
  return targets.includes(to) ? { allowed: true } : { allowed: false, targets };
}

/** The states that a new credential leads through, in order; empty when it changes nothing. */
export function statesAfterCredential(from: Lifecycle, autoActivate: boolean): readonly Lifecycle[] {
  if (from !== 'created') return [];
  return autoActivate ? ['provisioned', 'active'] : ['provisioned'];
}

/** A retired device keeps no way in and gets no new one. */
export function mayHoldCredentials(lifecycle: Lifecycle): boolean {
  return lifecycle !== 'retired';
}
