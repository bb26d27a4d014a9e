/** What a metric's value may be, for the API document. */
export const measuredValueSchema = {
  description: 'A number, boolean, text, array of numbers, or position.',
  oneOf: [
    { type: 'number' },
    { type: 'boolean' },
    { type: 'string' },
    { type: 'array', items: { type: 'number' } },
    {
      type: 'object',
      required: ['lat', 'lon'],
      properties: {
        lat: { type: 'number' },
        lon: { type: 'number' },
        alt: { type: 'number' },
        acc: { type: 'number' },
      },
    },
  ],
};

export const valuesSchema = { type: 'object', additionalProperties: { oneOf: measuredValueSchema.oneOf } } as const;
