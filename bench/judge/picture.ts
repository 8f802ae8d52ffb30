/** The standings as a picture: false rollbacks against time, and against failed requests served. */
import { percent } from "./results.ts";
import type { Standing } from "./standings.ts";

const WIDTH = 760;
const PANEL = { width: 300, height: 220, top: 46 };
const LEFT = [64, 432] as const;
const LEGEND_TOP = PANEL.top + PANEL.height + 62;
const ROW = 20;
/** False rollbacks, a fraction, on a logarithmic axis; what is below its foot stands on it. */
const FALSE = { from: 0.0001, to: 1 };
const LONGEST_MINUTES = 45;

type Axis = { readonly title: string; readonly ticks: readonly number[]; readonly most: number; readonly unit: string };

const PANELS: readonly { readonly axis: Axis; readonly left: number; readonly of: (one: Standing) => number }[] = [
  {
    axis: { title: "minutes until a bad candidate is back", ticks: [0, 15, 30, 45], most: LONGEST_MINUTES, unit: "" },
    left: LEFT[0],
    of: ({ minutes }) => minutes,
  },
  {
    axis: { title: "failed requests served, of those unjudged", ticks: [0, 0.5, 1], most: 1, unit: "%" },
    left: LEFT[1],
    of: ({ served }) => served,
  },
];

/** Its own ground in both schemes: whoever shows it inside a page of another colour can read it. */
const STYLE = `
  svg { --ground: #ffffff; --ink: #1f2328; --muted: #59636e; --line: #d1d9e0; --ours: #0550ae; --theirs: #6e7781 }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --ink: #e6edf3; --muted: #9198a1; --line: #3d444d; --ours: #4493f8; --theirs: #7d8590 }
  }
  .ground { fill: var(--ground) } .grid { stroke: var(--line) }
  text { fill: var(--ink); font: 12px system-ui, sans-serif } .axis { fill: var(--muted) }
  .dot { fill: var(--theirs); stroke: var(--ground); stroke-width: 1.5 } .ours { fill: var(--ours) }
  .number { fill: var(--ground); font-weight: 600; font-size: 11px; text-anchor: middle }
  .middle { text-anchor: middle } .end { text-anchor: end }`;

/** An SVG of the standings; `ours` are the names that are set apart, `note` says how it was measured. */
export function pictureOf(standings: readonly Standing[], ours: readonly string[], note: string): string {
  const height = LEGEND_TOP + Math.ceil(standings.length / 2) * ROW + 34;
  const described = standings.map(
    ({ name, falseMean, minutes, served }) =>
      `${name}: ${percent(falseMean)} % false, ${minutes.toFixed(1)} minutes, ${percent(served)} % served`,
  );
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">Judges of a canary: false rollbacks against time and failed requests served</title>`,
    `<desc id="desc">${escaped(described.join("; "))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>`,
    `<text x="${LEFT[0] - 48}" y="24">good candidates rolled back (mean over scenarios); lower left is better</text>`,
    ...PANELS.flatMap(({ axis, left, of }) => [...frame(axis, left), ...dots(standings, ours, axis, left, of)]),
    ...legend(standings, ours),
    `<text class="axis" x="${LEFT[0] - 48}" y="${height - 12}">${escaped(note)}</text>`,
    "</svg>",
  ].join("\n")}\n`;
}

function frame(axis: Axis, left: number): string[] {
  const bottom = PANEL.top + PANEL.height;
  const levels = [0.0001, 0.001, 0.01, 0.1, 1].flatMap((share) => {
    const y = heightOf(share);
    return [
      `<line class="grid" x1="${left}" x2="${left + PANEL.width}" y1="${y}" y2="${y}"/>`,
      `<text class="axis end" x="${left - 6}" y="${y + 4}">${levelName(share)}</text>`,
    ];
  });
  const ticks = axis.ticks.map((tick) => {
    const name = axis.unit === "%" ? `${tick * 100} %` : String(tick);
    return `<text class="axis middle" x="${acrossOf(tick, axis, left)}" y="${bottom + 18}">${name}</text>`;
  });
  const title = `<text class="middle" x="${left + PANEL.width / 2}" y="${bottom + 38}">${axis.title}</text>`;
  return [...levels, ...ticks, title];
}

const levelName = (share: number): string => (share === FALSE.from ? "≤ .01 %" : `${share * 100} %`);

function dots(
  standings: readonly Standing[],
  ours: readonly string[],
  axis: Axis,
  left: number,
  of: (one: Standing) => number,
): string[] {
  const drawn = standings.map((standing, index) => ({ standing, index, isOurs: ours.includes(standing.name) }));
  // Where two share a place, ours lies on top.
  return drawn
    .toSorted((a, b) => Number(a.isOurs) - Number(b.isOurs))
    .flatMap(({ standing, index, isOurs }) =>
      dot(acrossOf(of(standing), axis, left), heightOf(standing.falseMean), index, isOurs),
    );
}

function dot(x: number, y: number, index: number, isOurs: boolean): string[] {
  return [
    `<circle class="dot${isOurs ? " ours" : ""}" cx="${x}" cy="${y}" r="9"/>`,
    `<text class="number" x="${x}" y="${y + 4}">${index + 1}</text>`,
  ];
}

function legend(standings: readonly Standing[], ours: readonly string[]): string[] {
  const rows = Math.ceil(standings.length / 2);
  return standings.flatMap(({ name }, index) => {
    const x = (index < rows ? LEFT[0] : LEFT[1]) - 38;
    const y = LEGEND_TOP + (index % rows) * ROW;
    return [...dot(x, y, index, ours.includes(name)), `<text x="${x + 16}" y="${y + 4}">${escaped(name)}</text>`];
  });
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

const acrossOf = (value: number, { most }: Axis, left: number): number =>
  rounded(left + (Math.min(value, most) / most) * PANEL.width);

function heightOf(share: number): number {
  const held = Math.min(Math.max(share, FALSE.from), FALSE.to);
  const part = Math.log(held / FALSE.from) / Math.log(FALSE.to / FALSE.from);
  return rounded(PANEL.top + (1 - part) * PANEL.height);
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
