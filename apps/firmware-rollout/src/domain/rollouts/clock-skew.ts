/**
 * How far the clocks of those who run the engine may be apart, and a time of theirs still counts. What is further ahead is of a clock
 * that was wrong.
 */
export const toleratedSkewMs = 60_000;
