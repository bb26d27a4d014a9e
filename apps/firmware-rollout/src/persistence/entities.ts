/** Every table that TypeORM knows of. */
export const entities: readonly (new () => object)[] = [];
