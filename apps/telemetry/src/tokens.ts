/** Injection tokens of what has no class of its own. */
export const clockToken = Symbol('clock');
