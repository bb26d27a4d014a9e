/** Bytes as received, and again when inflated. */
export const maxBodyBytes = 512 * 1_024;
/** Inflated bytes per received byte. */
export const maxInflation = 100;
/** Objects and arrays within each other. */
export const maxDepth = 16;
