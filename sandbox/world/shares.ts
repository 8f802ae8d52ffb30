/** Shares of traffic by version, and since when (epoch ms) they are in force. */
export interface SharePoint {
  readonly at: number;
  readonly weights: Readonly<Record<string, number>>;
}

/** Oldest first; the first point also holds for the time before it. */
export type ShareHistory = readonly SharePoint[];

/** A stretch of time in which the shares did not change. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly weights: Readonly<Record<string, number>>;
}

/** The stretches of [from, to), in order. */
export const spansOf = (history: ShareHistory, from: number, to: number): Span[] => {
  const spans: Span[] = [];
  for (const [index, point] of history.entries()) {
    const start = index === 0 ? from : Math.max(from, point.at);
    const end = Math.min(to, history[index + 1]?.at ?? to);
    if (start < end) spans.push({ from: start, to: end, weights: point.weights });
  }
  return spans;
};

type Shares = readonly (readonly [version: string, share: number])[];

/** Worked out once for each point of a history: a week has ten thousand minutes. */
const sharesByWeights = new WeakMap<SharePoint["weights"], Shares>();

/** The versions that served in this stretch with their shares, the newest first. Metrics tell them apart where there are two. */
export const sharesOf = ({ weights }: Span): Shares => {
  const known = sharesByWeights.get(weights);
  if (known !== undefined) return known;
  const shares = Object.entries(weights)
    .filter(([, share]) => share > 0)
    .sort(([a], [b]) => Number(b) - Number(a));
  sharesByWeights.set(weights, shares);
  return shares;
};

/** The versions that served when the history begins: the baseline of the world. */
export const baselineOf = (history: ShareHistory): string[] =>
  Object.entries(history[0]?.weights ?? {})
    .filter(([, share]) => share > 0)
    .map(([version]) => version);

/** When (epoch ms) a version's share was raised last, up to `at`; undefined where it has none then. */
export const raisedAt = (history: ShareHistory, version: string, at: number): number | undefined => {
  let [raised, before]: [number | undefined, number] = [undefined, 0];
  for (const point of history) {
    if (point.at > at) break;
    const share = point.weights[version] ?? 0;
    if (share > before) raised = point.at;
    before = share;
  }
  return before > 0 ? raised : undefined;
};

/** Since when (epoch ms) a version has had a share without a break up to `at`; undefined where it has none then. */
export const servingSince = (history: ShareHistory, version: string, at: number): number | undefined => {
  let since: number | undefined;
  for (const point of history) {
    if (point.at > at) break;
    since = (point.weights[version] ?? 0) > 0 ? (since ?? point.at) : undefined;
  }
  return since;
};
