export type LabelRequirement =
  | { readonly kind: 'equals'; readonly key: string; readonly value: string }
  | { readonly kind: 'differs'; readonly key: string; readonly value: string }
  | { readonly kind: 'exists'; readonly key: string }
  | { readonly kind: 'absent'; readonly key: string };

const selector = /^(?<absent>!)?(?<key>[A-Za-z0-9][A-Za-z0-9._/-]{0,62})(?:(?<operator>!?=)(?<value>.{0,128}))?$/su;

/**
 * One requirement: `k=v`, `k!=v`, `k` (has the label), `!k` (has it not). `k!=v` also takes devices without `k`.
 * Returns undefined for anything else.
 */
export function parseLabelRequirement(text: string): LabelRequirement | undefined {
  const { absent, key, operator, value } = selector.exec(text)?.groups ?? {};
  if (key === undefined) return undefined;
  if (operator === undefined || value === undefined) return { kind: absent === undefined ? 'exists' : 'absent', key };
  if (absent !== undefined) return undefined;
  return { kind: operator === '=' ? 'equals' : 'differs', key, value };
}

/** The meaning of a requirement, told once in plain code; the database's answer is tested against it. */
export function matchesLabels(
  labels: Readonly<Record<string, string>>,
  requirements: readonly LabelRequirement[],
): boolean {
  return requirements.every((requirement) => {
    const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
    switch (requirement.kind) {
      case 'equals':
        return value === requirement.value;
      case 'differs':
        return value !== requirement.value;
      case 'exists':
        return value !== undefined;
      case 'absent':
        return value === undefined;
    }
  });
}
