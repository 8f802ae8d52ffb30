/** How late, how incompletely and how often CloudWatch tells: spans in milliseconds, shares from 0 to 1. */
export interface CloudWatchWeather {
  /** From the end of a minute until its first figures can be read. */
  readonly lag: number;
  /** Share of minutes whose first figures are incomplete. */
  readonly partial: number;
  /** What share of a minute's requests incomplete figures show. */
  readonly partialShare: number;
  /** From the first figures until an incomplete minute is revised. */
  readonly revisedAfter: number;
  /** From a change of an alarm's state until its event; each takes between one and two times this. */
  readonly eventDelay: number;
  /** Share of events that are delivered twice. */
  readonly duplicates: number;
}

/** What is usual. CloudWatch documents no figures: these are cautious ones. */
export const USUAL_WEATHER: CloudWatchWeather = {
  lag: 90_000,
  partial: 0.2,
  partialShare: 0.8,
  revisedAfter: 60_000,
  eventDelay: 3_000,
  duplicates: 0.05,
};
