/** The number at an index of a list, counted from 0; 0 beyond its end. */
export const nth = (list: readonly number[], index: number): number => list[index] ?? 0;
