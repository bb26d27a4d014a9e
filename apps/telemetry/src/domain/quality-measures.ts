/** By what devices are ordered, the worst first. */
export const qualityMeasures = [
  ...(['lateShare', 'missingShare', 'delayAvgMs', 'delayMaxMs', 'delayP95Ms'] as const),
  ...(['late', 'missing', 'duplicates', 'conflicts', 'outOfRange'] as const),
] as const;
export type QualityMeasure = (typeof qualityMeasures)[number];

/** How long quality is kept, and how much of it one answer may go through. */
export const keptQualityDays = 90;
export const maxQualityRangeDays = 31;
