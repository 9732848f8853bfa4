/** A value and what tells it from the others of its gauge. */
export interface Reading {
  labels?: Readonly<Record<string, string>>;
  value: number;
}

/** Gauges that are read together. */
export interface GaugeSet {
  /** Help and names of labels, by the gauge's name. */
  readonly gauges: Readonly<Record<string, { help: string; labels: readonly string[] }>>;
  /** The values now, by the gauge's name. May fail: then there are none at that moment. */
  read(): Promise<Readonly<Record<string, readonly Reading[]>>>;
}
