type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** The column itself while it is long enough, else a longer copy. A quarter more at a time: what is not used yet is paid for as well. */
export function withRoom<Of extends Column>(column: Of, length: number): Of {
  if (length <= column.length) return column;
  const { constructor } = column as { readonly constructor: unknown };
  const longer = new (constructor as new (length: number) => Of)(Math.max(length, Math.ceil(column.length * 1.25)));
  longer.set(column);
  return longer;
}
