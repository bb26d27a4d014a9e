/** Upper bounds of histograms, in seconds. */

/** From a millisecond to ten seconds: 1, 2.5 and 5 of each decade, and the edges of the objectives. */
export const requestBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
/** From 5 ms to a day. */
export const delayBounds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600, 86_400] as const;
