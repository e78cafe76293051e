/** What is used of it. */
export interface Code {
  readonly size: number;
  get(x: number, y: number): boolean;
}
export const correction: { readonly L: number; readonly M: number; readonly Q: number; readonly H: number };
export function generate(text: string, options?: { minCorrectionLevel?: number; maxCorrectionLevel?: number }): Code;
