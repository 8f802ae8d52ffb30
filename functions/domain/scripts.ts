/** Letters of several scripts in one word: `JIRА` with a Cyrillic А is not the ticket that it looks like (UTS 39). */

/** Scripts whose letters look like those of another one of them. */
const LOOKALIKES = ["Latin", "Greek", "Cyrillic", "Armenian", "Cherokee", "Coptic", "Lisu"].map((name) => ({
  name,
  letter: new RegExp(`\\p{Script=${name}}`, "u"),
}));

/** Greek letters that stand in figures and formulas among Latin ones, and look like none of them. */
const IN_FORMULAS = /[\u03B2\u03BB\u03BC\u03C0\u03C3\u0394\u03A3\u03A9]/gu;
const WORDS = /[\p{L}\p{M}\p{N}\p{Default_Ignorable_Code_Point}]+/gu;

export interface Mixture {
  readonly word: string;
  /** `Latin and Cyrillic` */
  readonly scripts: string;
}

/** The first word of a text whose letters are of several scripts that look alike; null: there is none. */
export function mixedScripts(text: string): Mixture | null {
  for (const word of text.match(WORDS) ?? []) {
    const plain = word.replace(IN_FORMULAS, "");
    const scripts = LOOKALIKES.filter(({ letter }) => letter.test(plain)).map(({ name }) => name);
    if (scripts.length > 1) return { word, scripts: scripts.join(" and ") };
  }
  return null;
}
