export type Component = 'service' | 'migration';

/** What selects the pods of a service: never those of its migrations. */
export function podLabels(name: string, component: Component): Record<string, string> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/component': component };
}

export function labelsOf(name: string, component: Component = 'service'): Record<string, string> {
  return { ...podLabels(name, component), 'app.kubernetes.io/part-of': 'myelin' };
}
